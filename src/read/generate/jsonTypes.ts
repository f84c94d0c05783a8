import type { ColumnFacts } from '../facts.js'

/** What PostgreSQL writes into JSON as something else than a text. */
const plain: Readonly<Record<string, string>> = {
  boolean: 'boolean',
  smallint: 'number',
  integer: 'number',
  bigint: 'number',
  real: 'number',
  'double precision': 'number',
  numeric: 'number',
  json: 'unknown',
  jsonb: 'unknown',
}

/** From here on types are those of extensions and users, which can be cast to JSON in ways of their own. */
const firstUserOid = 16_384

/** The type, in TypeScript, of a column's values once they have travelled as JSON. */
export function jsonTypeOf(column: ColumnFacts): string {
  const { kind, base, baseOid, labels } = column
  if (labels !== null && labels.length > 0) return labels.map((label) => JSON.stringify(label)).join(' | ')
  const isArray = base.endsWith('[]')
  const element = isArray ? base.slice(0, -2) : base
  const type = isArray || kind === 'b' || kind === 'domain' ? valueType(element, baseOid) : otherKind(kind)
  if (!isArray) return type
  return type === 'unknown' ? 'unknown[]' : `(${type} | null)[]`
}

function valueType(base: string, oid: number): string {
  const known = plain[base]
  if (known !== undefined) return known
  return oid < firstUserOid || /(^|\.)citext$/.test(base) ? 'string' : 'unknown'
}

/** Rows are objects, and ranges texts. */
function otherKind(kind: ColumnFacts['kind']): string {
  return kind === 'r' || kind === 'm' ? 'string' : 'unknown'
}
