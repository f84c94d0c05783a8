import type { Random } from './random.js'
import type { TableFacts } from './schema.js'
import { value } from './values.js'

/** One random statement that writes to a table. It may fail (a key taken, a partition that does not fit): that is fine. */
export function statement(random: Random, table: TableFacts): string {
  const roll = random.next()
  if (roll < 0.28) return insert(random, table)
  if (roll < 0.36) return upsert(random, table)
  if (roll < 0.42) return merge(random, table)
  if (roll < 0.74) return update(random, table)
  if (roll < 0.94) return `DELETE FROM ${table.name} WHERE ${condition(random, table)}`
  if (roll < 0.96) return `TRUNCATE ${table.name} CASCADE`
  if (roll < 0.98) return manyRows(random, table)
  return `UPDATE ${table.name} SET ${assignments(random, table)}`
}

export function insert(random: Random, table: TableFacts, most = 4): string {
  const columns = Object.keys(table.columns)
  const rows = Array.from({ length: random.int(1, most) }, () => `(${row(random, table).join(', ')})`)
  const conflict = table.key.length > 0 ? ' ON CONFLICT DO NOTHING' : ''
  return `INSERT INTO ${table.name} (${columns.join(', ')}) VALUES ${rows.join(', ')}${conflict}`
}

function row(random: Random, table: TableFacts): string[] {
  return Object.keys(table.columns).map((column) => cell(random, table, column))
}

/** A reference is looked up, so that it is to a row that is there, or NULL. */
function cell(random: Random, table: TableFacts, column: string): string {
  const kind = table.columns[column]
  if (kind === undefined) throw new RangeError(`no column ${column}`)
  const written = value(random, kind)
  const other = table.references?.[column]
  return other === undefined || written === 'NULL'
    ? written
    : `(SELECT min(r.id) FROM ${other} r WHERE r.id >= ${written})`
}

function upsert(random: Random, table: TableFacts): string {
  if (table.key.length === 0) return insert(random, table)
  const changed = random.pick(plainColumns(table))
  const target = `ON CONFLICT (${table.key.join(', ')}) DO UPDATE SET ${changed} = ${
    random.chance(0.5) ? `EXCLUDED.${changed}` : cell(random, table, changed)
  }`
  return insert(random, table, 1).replace('ON CONFLICT DO NOTHING', target)
}

function merge(random: Random, table: TableFacts): string {
  const columns = Object.keys(table.columns)
  const [key] = table.key.length > 0 ? table.key : columns
  const changed = random.pick(plainColumns(table))
  const values = row(random, table)
  return `MERGE INTO ${table.name} t USING (SELECT ${random.int(1, 9)} AS k UNION ALL SELECT ${random.int(10, 12)}) s ON t.${key} = s.k
    WHEN MATCHED AND ${random.int(0, 2)} = 0 THEN DELETE
    WHEN MATCHED THEN UPDATE SET ${changed} = ${cell(random, table, changed)}
    WHEN NOT MATCHED THEN INSERT (${columns.join(', ')}) VALUES (${[random.pick(['s.k', values[0] ?? '']), ...values.slice(1)].join(', ')})`
}

function update(random: Random, table: TableFacts): string {
  return `UPDATE ${table.name} SET ${assignments(random, table)} WHERE ${condition(random, table)}`
}

function assignments(random: Random, table: TableFacts): string {
  const columns = new Set(Array.from({ length: random.int(1, 2) }, () => random.pick(plainColumns(table))))
  const list = [...columns].map((column) => `${column} = ${cell(random, table, column)}`)
  // A key moves to a place that may be free; foreign keys follow or refuse.
  if (random.chance(0.08) && table.key.length > 0) list.push(`${table.key[0]} = ${random.int(1, 12)}`)
  return list.join(', ')
}

function plainColumns(table: TableFacts): string[] {
  const columns = Object.keys(table.columns).filter((column) => !table.key.includes(column))
  return columns.length > 0 ? columns : Object.keys(table.columns)
}

function condition(random: Random, table: TableFacts): string {
  const column = random.chance(0.6) ? (table.key[0] ?? '') : random.pick(Object.keys(table.columns))
  const chosen = column === '' ? random.pick(Object.keys(table.columns)) : column
  const kind = table.columns[chosen]
  if (kind === 'json' || kind === undefined) return 'true'
  const wanted = value(random, kind)
  if (wanted === 'NULL') return `${chosen} IS NULL`
  return random.chance(0.75) ? `${chosen} = ${wanted}` : `${chosen} >= ${wanted}`
}

/** More rows than a refresh takes one by one. Tables without a key take them; others keep what fits. */
function manyRows(random: Random, table: TableFacts): string {
  const rows = Array.from({ length: 12 }, () => `(${row(random, table).join(', ')})`)
  const conflict = table.key.length > 0 ? ' ON CONFLICT DO NOTHING' : ''
  return `INSERT INTO ${table.name} (${Object.keys(table.columns).join(', ')}) VALUES ${rows.join(', ')}${conflict}`
}
