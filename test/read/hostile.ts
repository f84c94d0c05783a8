/** Conditions made of whatever could leave its place in a statement, and what they mean. */
import fc from 'fast-check'
import type { ColumnPath, Condition } from '../../src/read/query.js'

export const names = [
  `it's "quoted"`,
  `"); SELECT nextval('canary'); --`,
  '$1',
  '--',
  '/* no comment',
  '%s %I %L %(name)s',
  'back\\slash',
  'SELECT',
  'ünï 😀\u2028',
  `owner'||nextval('canary')||'`,
]
export const owner = `$$;"'\\`

const pieces = [
  `'`, `"`, `\\`, `\\'`, `''`, `""`, '$$', '$1', '$tag$', '--', '/*', '*/', ';', `'; SELECT nextval('canary'); --`,
  `' OR nextval('canary') > 0 OR '`, `') OR true --`, `1) UNION SELECT nextval('canary') --`, `$$||nextval('canary')||$$`,
  `E'\\047'`, 'U&"\\0027"', '%', '_', '%s', '%I', '%n$d', ':name', '?', '?1', '{', '}', '(', ')', '[', ',', '.', ' ', '\t', '\n', '\r',
  '\u0001', '\u2028', '\u202e', '\ufeff', '\ufffd', 'ʼ', '＇', 'é', 'e\u0301', '😀', 'İ', 'null', 'NULL', 'true', 'now', '0x1F', '1e400',
] as const // biome-ignore format: a list
const piece = fc.oneof(fc.constantFrom(...pieces), fc.string({ unit: 'grapheme', maxLength: 3 }))
export const text = fc.array(piece, { maxLength: 5 }).map((parts) => Buffer.from(parts.join('')).toString())
const stored = text.filter((value) => !value.includes('\0'))

const numbers = fc.oneof(
  fc.integer({ min: -5, max: 70 }).map(String),
  fc.constantFrom(
    '9223372036854775807',
    '-9223372036854775808',
    '9223372036854775808',
    '9'.repeat(400),
    '1e400',
    'NaN',
    '-0',
    'Infinity',
    '1.5',
    '',
    "1'",
    '1; SELECT 1',
    '1\0',
  ),
  text,
)

export interface Row {
  readonly id: number
  readonly values: Readonly<Record<string, string | null>>
}

/** Made of the same pieces, so that conditions are often true; the same ones in each run. */
export const rows: readonly Row[] = fc
  .sample(fc.array(fc.option(stored, { freq: 6 }), { minLength: names.length, maxLength: names.length }), {
    numRuns: 60,
    seed: 7,
  })
  .map((values, id) => ({
    id,
    values: {
      ...Object.fromEntries(names.map((name, index) => [name, values[index] ?? null])),
      [owner]: values[0] ?? null,
    },
  }))
export const present = rows.flatMap(({ values }) => Object.values(values)).filter((value) => value !== null)
const value = fc.oneof(fc.constantFrom(...present), text)
export const path = (column: string): ColumnPath => ({ column, steps: [] })
const column = fc.constantFrom(...names, owner).map(path)
const comparison = fc.constantFrom('eq', 'neq', 'gt', 'gte', 'lt', 'lte', 'isdistinct')

const leaf: fc.Arbitrary<Condition> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('compare' as const),
      column,
      operator: comparison,
      values: fc.tuple(value),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('in' as const),
      column,
      values: fc.array(value, { minLength: 1, maxLength: 6 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('is' as const),
      column,
      truth: fc.constantFrom('null' as const, 'not_null' as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('compare' as const),
      column: fc.constant(path('id')),
      operator: comparison,
      values: fc.tuple(numbers),
    }),
  },
)
const negatable = (one: fc.Arbitrary<Condition>): fc.Arbitrary<Condition> =>
  fc.tuple(one, fc.boolean()).map(([condition, negated]) => (negated ? { kind: 'not', condition } : condition))
const group = (one: fc.Arbitrary<Condition>): fc.Arbitrary<Condition> =>
  fc.record({
    kind: fc.constantFrom('and' as const, 'or' as const),
    conditions: fc.array(one, { minLength: 1, maxLength: 3 }),
  })
const simple = negatable(leaf)
export const condition = fc.oneof(
  simple,
  negatable(group(simple)),
  negatable(group(fc.oneof(simple, negatable(group(simple))))),
)

type Truth = boolean | null

/** PostgreSQL's three values; texts in the order of their bytes, as the column has it. */
function holds(wanted: Condition, row: Row): Truth {
  switch (wanted.kind) {
    case 'and':
    case 'or': {
      const all = wanted.conditions.map((one) => holds(one, row))
      const decisive = wanted.kind === 'or'
      if (all.includes(decisive)) return decisive
      return all.includes(null) ? null : !decisive
    }
    case 'not': {
      const inner = holds(wanted.condition, row)
      return inner === null ? null : !inner
    }
    case 'is':
      return (cell(row, wanted.column) === null) === (wanted.truth === 'null')
    case 'in': {
      const own = cell(row, wanted.column)
      return own === null ? null : wanted.values.some((one) => order(own, one) === 0)
    }
    case 'compare': {
      const own = cell(row, wanted.column)
      const [other = ''] = wanted.values
      if (own === null) return wanted.operator === 'isdistinct' ? true : null
      const sign = order(own, other)
      const { eq, neq, gt, gte, lt, lte } = {
        eq: sign === 0,
        neq: sign !== 0,
        gt: sign > 0,
        gte: sign >= 0,
        lt: sign < 0,
        lte: sign <= 0,
      }
      return { eq, neq, gt, gte, lt, lte, isdistinct: neq }[wanted.operator as 'eq'] ?? null
    }
    default:
      throw new Error('not made here')
  }
}

function cell(row: Row, { column: name }: ColumnPath): string | bigint | null {
  return name === 'id' ? BigInt(row.id) : (row.values[name] ?? null)
}

function order(own: string | bigint, other: string): number {
  if (typeof own === 'string') return Buffer.compare(Buffer.from(own), Buffer.from(other))
  return own < BigInt(other) ? -1 : own > BigInt(other) ? 1 : 0
}

/** What PostgreSQL has no value for; `unsure`: numbers that versions of it read differently. */
export function fate(wanted: Condition): 'right' | 'wrong' | 'unsure' {
  if (wanted.kind === 'not') return fate(wanted.condition)
  if ('conditions' in wanted) {
    const all = wanted.conditions.map(fate)
    return all.find((one) => one === 'wrong') ?? all.find((one) => one === 'unsure') ?? 'right'
  }
  const values = 'values' in wanted ? wanted.values : []
  if (values.some((one) => one.includes('\0'))) return 'wrong'
  if (!('column' in wanted) || wanted.column.column !== 'id') return 'right'
  const [number = ''] = values
  if (!/^-?\d+$/.test(number)) return /^\s*[-+]?0[xob]|^\s*[-+]?\d[\d_]*\s*$/i.test(number) ? 'unsure' : 'wrong'
  return BigInt.asIntN(64, BigInt(number)) === BigInt(number) ? 'right' : 'wrong'
}

export const expected = (wanted: Condition, among: readonly Row[] = rows): number[] =>
  among.filter((row) => holds(wanted, row) === true).map(({ id }) => id)

/** The same condition with other values: its statement must be the same text. */
export function tamed(where: Condition): Condition {
  if (where.kind === 'not') return { ...where, condition: tamed(where.condition) }
  if ('conditions' in where) return { ...where, conditions: where.conditions.map(tamed) }
  return 'values' in where ? { ...where, values: where.values.map(() => '1') } : where
}

const typedNames: Readonly<Record<string, string>> = { neq: 'ne', isdistinct: 'eq' }

/** As the typed API has it, with `eq` for what it has no name for. */
export function typed(where: Condition): { filter: object; meant: Condition } {
  if (where.kind === 'not') {
    const { filter, meant } = typed(where.condition)
    return { filter: { $not: filter }, meant: { ...where, condition: meant } }
  }
  if ('conditions' in where) {
    const all = where.conditions.map(typed)
    const filter = { [`$${where.kind}`]: all.map((one) => one.filter) }
    return { filter, meant: { ...where, conditions: all.map((one) => one.meant) } }
  }
  const { column: name } = where.column
  if (where.kind === 'in') return { filter: { [name]: { in: where.values } }, meant: where }
  if (where.kind === 'is') return { filter: { [name]: { isNull: where.truth === 'null' } }, meant: where }
  if (where.kind !== 'compare') throw new Error('not made here')
  const operator = typedNames[where.operator] ?? where.operator
  const meant = where.operator === 'isdistinct' ? { ...where, operator: 'eq' as const } : where
  return { filter: { [name]: { [operator]: where.values[0] } }, meant }
}
