import type { Random } from './random.js'
import type { Kind } from './schema.js'

const times = [
  '2024-01-01 00:00+00',
  '2024-03-31 00:59:59+00', // the hour before Berlin's clock jumps
  '2024-03-31 01:30+00',
  '2024-10-27 00:30+00',
  '2024-10-27 01:30+00', // the same time of day once more
  '2024-11-03 03:00+00', // Newfoundland's
  '2024-12-31 23:30+00',
  '2023-12-31 23:59:59.999999+00',
  '1969-12-31 12:00+00',
  'infinity',
  '-infinity',
]
const finiteTimes = times.filter((time) => !time.endsWith('infinity'))
const texts = ['', 'x', 'X', 'é', '12', '2024-01-05', "it's", 'NULL']
const numbers = ['1', '1.0', '1.00', '0', '-2.5', 'NaN', '0.00000000000000000003', '98765432109876543210.5']
const intervals = ['1 day', '24:00:00', '-01:30:00', '90 minutes', '1 year 2 mons', '30 days', '1 mon']
const arrays = ['[]', '[1, 1.0, "a", null]', '["a", "a"]', '{"not": "an array"}', 'null', '[{"k": 1}]']
const objects = ['{}', '{"a": 1, "b": null}', '{"a": 1.0}', '["not an object"]', 'null', '{"b": {"c": []}}']

/** Kinds of columns that cannot be NULL. */
const present = new Set<Kind>(['id', 'key text', 'region', 'count', 'moment', 'number', 'range'])

/** An SQL literal (or expression) for a column of this kind; NULL rather often. */
export function value(random: Random, kind: Kind): string {
  if (!present.has(kind) && random.chance(0.15)) return 'NULL'
  switch (kind) {
    case 'id':
      return String(random.int(1, 9))
    case 'ref':
      return String(random.int(1, 9))
    case 'group':
      return String(random.int(1, 4))
    case 'count':
    case 'whole':
      return String(random.int(0, 6))
    case 'key text':
      return quote(random.pick(['x', 'y', 'é']))
    case 'text':
      return quote(random.pick(texts))
    case 'numeric':
      return `${quote(random.pick(numbers))}::numeric`
    case 'money':
      return (random.int(-20, 90) / 10).toFixed(2)
    case 'timestamp':
      return quote(random.pick(times))
    case 'date':
      return quote(random.pick(['2024-01-01', '2024-03-31', '2024-12-31', '2023-12-31', 'infinity']))
    case 'uuid':
      return quote(`00000000-0000-0000-0000-00000000000${random.int(1, 3)}`)
    case 'mood':
      return quote(random.pick(['low', 'mid', 'high']))
    case 'array':
      return quote(random.pick(arrays))
    case 'object':
      return quote(random.pick(objects))
    case 'json':
      return quote(random.pick(['{"a":1}', '{"a": 1}', '[]']))
    case 'interval':
      return quote(random.pick(intervals))
    case 'moment':
      return quote(random.pick(times))
    case 'float':
      return quote(random.pick(['0', '-0', '1.5', 'NaN', 'Infinity', '0.1']))
    case 'number':
      return quote(random.pick(['null', '1', '1.0', '2']))
    case 'range':
      return quote(random.pick(['empty', '[1,5)', '(,3)', '[2,)']))
    case 'short text':
      return quote(random.pick(['x', 'X', 'x ', 'é']))
    case 'bits':
      return "B'101'"
    case 'ints':
      return quote(random.pick(['{}', '{1,2}', '{NULL}', '{1,NULL}']))
    case 'finite soon':
      // Before PostgreSQL 17 a distance to infinity is an error, the query's own.
      return soon(random, finiteTimes)
    case 'soon':
      return soon(random, times)
    case 'region':
      return quote(random.pick(['n', 's', 'w']))
  }
}

/** Close to the present as a rule, so that time passes it while the histories run. */
function soon(random: Random, other: readonly string[]): string {
  return random.chance(0.2)
    ? quote(random.pick(other))
    : `(clock_timestamp() + interval '${random.int(-2500, 12000)} ms')`
}

export function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
