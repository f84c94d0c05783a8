import type { Random } from '../oracle/random.js'

/** The types that columns and expressions have, by names of our own. */
export type Kind =
  | 'int'
  | 'big'
  | 'numeric'
  | 'money'
  | 'small'
  | 'float'
  | 'text'
  | 'ctext'
  | 'folded'
  | 'bool'
  | 'date'
  | 'time'
  | 'local'
  | 'span'
  | 'uuid'
  | 'mood'
  | 'ints'
  | 'texts'
  | 'range'
  | 'json'
  /** A floating-point aggregate, whose last bits depend on the order of the rows: it is only ever returned. */
  | 'noisy'

interface KindFacts {
  readonly sql: string
  /** Few, so that random rows meet. */
  readonly usual: readonly string[]
  readonly extreme: readonly string[]
}

/** Made before any table. */
export const typesSql = [
  "CREATE TYPE mood AS ENUM ('low', 'mid', 'high')",
  'CREATE DOMAIN small AS integer CHECK (VALUE < 100)',
  "CREATE COLLATION folded (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
] as const

export const kinds: Readonly<Record<Exclude<Kind, 'noisy'>, KindFacts>> = {
  int: { sql: 'integer', usual: ['0', '1', '2', '3', '4', '5'], extreme: ['2147483647', '-2147483648', '-1'] },
  big: { sql: 'bigint', usual: ['0', '1', '2', '3'], extreme: ['9223372036854775807', '-9223372036854775808'] },
  numeric: { sql: 'numeric', usual: ['0', '1', '1.0', '1.00', '2', '2.5'], extreme: ['NaN', 'Infinity', '-Infinity'] },
  money: { sql: 'numeric(8,2)', usual: ['0.00', '1.00', '2.50', '3.00', '-1.25'], extreme: ['999999.99', 'NaN'] },
  small: { sql: 'small', usual: ['0', '1', '2', '3'], extreme: ['99', '-7'] },
  float: { sql: 'double precision', usual: ['0', '1', '1.5', '2'], extreme: ['-0', 'NaN', 'Infinity', '-Infinity'] },
  text: { sql: 'text', usual: ['x', 'y', 'X', '', 'é', '1'], extreme: ["it's", 'NULL', '%', '\\'] },
  ctext: { sql: 'text COLLATE "C"', usual: ['x', 'y', 'X', 'z'], extreme: ['', 'é'] },
  folded: { sql: 'text COLLATE folded', usual: ['x', 'X', 'y', 'Y'], extreme: ['', 'ß'] },
  bool: { sql: 'boolean', usual: ['true', 'false'], extreme: [] },
  date: { sql: 'date', usual: ['2024-01-01', '2024-03-31', '2024-12-31'], extreme: ['infinity', '-infinity'] },
  time: {
    sql: 'timestamptz',
    usual: ['2024-01-01 00:00+00', '2024-03-31 01:30+00', '2024-10-27 00:30+00', '2024-12-31 23:30+00'],
    extreme: ['infinity', '-infinity', '1969-12-31 12:00+00', '2024-10-27 01:30+00'],
  },
  local: {
    sql: 'timestamp',
    usual: ['2024-01-01 00:00', '2024-03-31 02:30', '2024-12-31 23:30'],
    extreme: ['infinity', '-infinity', '0044-03-15 12:00 BC'],
  },
  span: { sql: 'interval', usual: ['1 day', '24:00:00', '01:30:00', '1 mon'], extreme: ['30 days', '-01:30:00', '0'] },
  uuid: {
    sql: 'uuid',
    usual: ['00000000-0000-0000-0000-000000000001', '00000000-0000-0000-0000-000000000002'],
    extreme: ['ffffffff-ffff-ffff-ffff-ffffffffffff'],
  },
  mood: { sql: 'mood', usual: ['low', 'mid', 'high'], extreme: [] },
  ints: { sql: 'integer[]', usual: ['{}', '{1}', '{1,2}', '{2,2,3}'], extreme: ['{NULL}', '{1,NULL}'] },
  texts: { sql: 'text[]', usual: ['{}', '{x}', '{x,y}'], extreme: ['{NULL}', '{"",x}'] },
  range: { sql: 'int4range', usual: ['empty', '[1,3)', '[2,5)'], extreme: ['(,3)', '[2,)', '(,)'] },
  json: {
    sql: 'jsonb',
    usual: ['{}', '{"a": 1}', '{"a": 2, "b": "x"}', '[1, 2]', '{"a": 1.0}'],
    extreme: ['null', '[]', '"x"', '{"a": null}'],
  },
}

/** A value's text as the type's input function takes it; null for NULL. */
export function rawValue(random: Random, kind: Kind, nullable: boolean): string | null {
  if (kind === 'noisy') throw new RangeError('no column is noisy')
  if (nullable && random.chance(0.15)) return null
  const { usual, extreme } = kinds[kind]
  return random.pick(extreme.length > 0 && random.chance(0.08) ? extreme : usual)
}

export function literalOf(raw: string | null, kind: Kind): string {
  if (kind === 'noisy') throw new RangeError('no column is noisy')
  if (raw === null) return 'NULL'
  if ((kind === 'int' || kind === 'bool') && !raw.startsWith('-')) return raw
  const text = `'${raw.replaceAll("'", "''")}'`
  if (kind === 'ctext' || kind === 'folded') return text
  return kind === 'text' ? text : `${text}::${kinds[kind].sql}`
}

export function literal(random: Random, kind: Kind, nullable = false): string {
  return literalOf(rawValue(random, kind, nullable), kind)
}

/** Whole numbers and decimals compare with each other; the others only with their own kind. */
const families: Readonly<Partial<Record<Kind, string>>> = {
  int: 'number',
  big: 'number',
  numeric: 'number',
  money: 'number',
  small: 'number',
  text: 'string',
  ctext: 'string',
}

export function comparable(left: Kind, right: Kind): boolean {
  return left !== 'noisy' && (families[left] ?? left) === (families[right] ?? right)
}

const loose: ReadonlySet<Kind> = new Set<Kind>(['numeric', 'money', 'float', 'folded', 'json', 'span', 'noisy'])

/** Whether equal values of this kind always look the same. */
export function looksTheSame(kind: Kind): boolean {
  return !loose.has(kind)
}

export const everyKind = Object.keys(kinds) as Exclude<Kind, 'noisy'>[]
