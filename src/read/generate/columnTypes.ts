import type { ColumnFacts } from '../facts.js'

/** One type, as TypeScript, zod and Drizzle call what `pg` makes of it. */
export interface ColumnType {
  readonly typescript: string
  readonly zod: string
  /** The function of drizzle-orm/pg-core, and its options. */
  readonly drizzle: string
  readonly options?: string
}

const text: ColumnType = { typescript: 'string', zod: 'z.string()', drizzle: 'text' }
const whole = (drizzle: string): ColumnType => ({ typescript: 'number', zod: 'z.number().int()', drizzle })
// zod's own number is neither NaN nor infinite, which those of PostgreSQL can be.
const anyNumber = "z.custom<number>((value) => typeof value === 'number')"
const float = (drizzle: string): ColumnType => ({ typescript: 'number', zod: anyNumber, drizzle })
const string = (drizzle: string, options?: string): ColumnType => ({
  ...text,
  drizzle,
  ...(options === undefined ? {} : { options }),
})
const date = (drizzle: string, options: string): ColumnType => ({
  typescript: 'Date',
  // `pg` gives "infinity" as a number; and a time that is too late for JavaScript as a Date all the same.
  zod: 'z.custom<Date>((value) => value instanceof Date || value === Infinity || value === -Infinity)',
  drizzle,
  options,
})
const json = (drizzle: string): ColumnType => ({ typescript: 'unknown', zod: 'z.unknown()', drizzle })

const plain: Readonly<Record<string, ColumnType>> = {
  boolean: { typescript: 'boolean', zod: 'z.boolean()', drizzle: 'boolean' },
  smallint: whole('smallint'),
  integer: whole('integer'),
  oid: whole('integer'),
  // More digits than a number of JavaScript holds.
  bigint: string('bigint', "{ mode: 'bigint' }"),
  numeric: string('numeric'),
  real: float('real'),
  'double precision': float('doublePrecision'),
  uuid: string('uuid'),
  inet: string('inet'),
  cidr: string('cidr'),
  macaddr: string('macaddr'),
  date: date('date', "{ mode: 'date' }"),
  'timestamp without time zone': date('timestamp', "{ mode: 'date' }"),
  'timestamp with time zone': date('timestamp', "{ mode: 'date', withTimezone: true }"),
  'time without time zone': string('time'),
  'time with time zone': string('time', '{ withTimezone: true }'),
  interval: {
    typescript: 'Interval',
    zod: "z.custom<Interval>((value) => typeof value === 'object' && value !== null)",
    drizzle: 'interval',
  },
  json: json('json'),
  jsonb: json('jsonb'),
  bytea: { typescript: 'Buffer', zod: 'z.instanceof(Buffer)', drizzle: 'bytea' },
  point: {
    typescript: '{ x: number; y: number }',
    zod: `z.object({ x: ${anyNumber}, y: ${anyNumber} })`,
    drizzle: 'point',
    options: "{ mode: 'xy' }",
  },
  circle: {
    typescript: '{ x: number; y: number; radius: number }',
    zod: `z.object({ x: ${anyNumber}, y: ${anyNumber}, radius: ${anyNumber} })`,
    drizzle: 'text',
  },
}

/** Arrays that `pg` takes apart; of all others it gives the text. */
const arrays = new Set([
  ...['boolean', 'smallint', 'integer', 'bigint', 'numeric', 'real', 'double precision', 'text', 'character varying'],
  ...['character', 'uuid', 'date', 'timestamp without time zone', 'timestamp with time zone', 'json', 'jsonb', 'inet'],
  ...['bytea', 'interval', 'cidr', 'macaddr', 'money', 'oid', 'point', 'numrange'],
  ...['time without time zone', 'time with time zone'],
])

export interface TypedColumn extends ColumnType {
  readonly isArray: boolean
}

export function columnTypeOf({ kind, base, labels }: ColumnFacts): TypedColumn {
  if (kind === 'e' && labels !== null && labels.length > 0) {
    const listed = labels.map((label) => JSON.stringify(label))
    return {
      typescript: listed.join(' | '),
      zod: `z.enum([${listed.join(', ')}])`,
      drizzle: 'text',
      options: `{ enum: [${listed.join(', ')}] }`,
      isArray: false,
    }
  }
  if (!base.endsWith('[]')) return { ...(plain[base] ?? text), isArray: false }
  const element = base.slice(0, -2)
  if (!arrays.has(element)) return { ...text, isArray: false }
  const type = plain[element] ?? text
  // `pg` reads these as numbers, though it does not where they stand alone.
  const read = element === 'numeric' ? { ...type, ...float('numeric'), drizzle: 'numeric' } : type
  const nullable = read.typescript === 'unknown' ? 'unknown' : `${read.typescript} | null`
  return { ...read, typescript: `(${nullable})[]`, zod: `arrayOf(${read.zod})`, isArray: true }
}
