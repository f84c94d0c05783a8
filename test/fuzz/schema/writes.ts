import type { Random } from '../../oracle/random.js'
import { literal, literalOf, rawValue } from '../kinds.js'
import type { Column, Reference, Table } from './table.js'

/** One statement that writes to some table. It may break a constraint: then it does nothing. */
export function writeStatement(random: Random, tables: readonly Table[]): string {
  const table = random.pick(tables)
  const roll = random.next()
  if (roll < 0.26) return insert(random, table)
  if (roll < 0.33) return upsert(random, table)
  if (roll < 0.38) return merge(random, table)
  if (roll < 0.43) return copy(random, table)
  if (roll < 0.48) return insertSelect(random, table)
  if (roll < 0.74) return update(random, table)
  if (roll < 0.78) return updateFrom(random, table, tables)
  if (roll < 0.94) return `DELETE FROM ${written(random, table)} WHERE ${condition(random, table)}`
  if (roll < 0.97) return moveRows(random, table)
  return `UPDATE ${table.name} SET ${assignments(random, table)}`
}

/**
 * Of each table, mostly, rows that come, go, or lead elsewhere: often those of one number in all of them, which refer to each
 * other, so that what changed in one meets what changed in the next.
 */
export function writesEverywhere(random: Random, tables: readonly Table[]): string[] {
  const number = random.chance(0.7) ? random.int(1, 9) : undefined
  return tables
    .filter(() => random.chance(0.85))
    .flatMap((table) => Array.from({ length: random.int(1, 2) }, () => moveOn(random, table, number)))
}

function moveOn(random: Random, table: Table, number: number | undefined): string {
  const roll = random.next()
  if (number !== undefined && table.key[0] === 'id' && random.chance(0.85)) {
    if (roll < 0.4) return insertNumbered(random, table, number)
    if (roll < 0.85) return `UPDATE ${table.name} SET ${assignments(random, table, number)} WHERE id = ${number}`
    return `DELETE FROM ${written(random, table)} WHERE id = ${number}`
  }
  if (roll < 0.35) return insert(random, table)
  if (roll < 0.6) return `DELETE FROM ${written(random, table)} WHERE ${condition(random, table)}`
  const referring = table.columns.filter(({ name }) => table.references.some(({ columns }) => columns.includes(name)))
  if (referring.length === 0 || roll < 0.8) return update(random, table)
  const moved = referring.map((column) => `${column.name} = ${cell(random, table, column)}`)
  return `UPDATE ${table.name} SET ${moved.join(', ')} WHERE ${condition(random, table)}`
}

export function truncate(random: Random, tables: readonly Table[]): string {
  return `TRUNCATE ${written(random, random.pick(tables))} CASCADE`
}

export function insert(random: Random, table: Table, most = 4): string {
  const columns = writable(table)
  const rows = Array.from({ length: random.int(1, most) }, () => `(${row(random, table).join(', ')})`)
  const conflict = table.key.length > 0 ? ' ON CONFLICT DO NOTHING' : ''
  const target = random.chance(0.2) ? written(random, table) : table.name
  return `INSERT INTO ${target} (${names(columns)}) VALUES ${rows.join(', ')}${conflict}`
}

/** A row with this number, that refers to those which have it too. */
function insertNumbered(random: Random, table: Table, number: number): string {
  const columns = writable(table)
  const places = new Map(table.references.map((reference) => [reference, number]))
  const values = columns.map((column) => (column.name === 'id' ? `${number}` : cell(random, table, column, places)))
  return `INSERT INTO ${table.name} (${names(columns)}) VALUES (${values.join(', ')}) ON CONFLICT DO NOTHING`
}

/** The table, or a partition or child of it. */
function written(random: Random, table: Table): string {
  return table.parts.length > 0 && random.chance(0.4) ? random.pick(table.parts) : table.name
}

function writable(table: Table): Column[] {
  return table.columns.filter(({ generated }) => generated === undefined)
}

function names(columns: readonly Column[]): string {
  return columns.map(({ name }) => name).join(', ')
}

function row(random: Random, table: Table): string[] {
  const places = new Map(table.references.map((reference) => [reference, random.int(1, 9)]))
  return writable(table).map((column) => cell(random, table, column, places))
}

/** Keys are few, so that they are taken, given up and taken again. */
function cell(
  random: Random,
  table: Table,
  column: Column,
  places: ReadonlyMap<Reference, number> = new Map(),
): string {
  if (column.name === 'id') return String(random.int(1, random.chance(0.05) ? 1000 : 9))
  const reference = table.references.find(({ columns }) => columns.includes(column.name))
  const timed = (column.kind === 'time' || column.kind === 'local') && !table.key.includes(column.name)
  if (timed && random.chance(table.present)) return `now() + interval '${random.int(-30, 30) / 10} seconds'`
  if (reference === undefined) return literal(random, column.kind, !column.notNull)
  if (!column.notNull && random.chance(0.15)) return 'NULL'
  const place = places.get(reference) ?? random.int(1, 9)
  const target = reference.targets[reference.columns.indexOf(column.name)]
  // All columns of a key are taken from one row.
  const order = reference.targets.map((name) => `r.${name}`).join(', ')
  return `(SELECT r.${target} FROM ${reference.table} r WHERE r.id >= ${place} ORDER BY ${order} LIMIT 1)`
}

function upsert(random: Random, table: Table): string {
  if (table.key.length === 0 || !table.unique) return insert(random, table)
  const changed = random.pick(plain(table)).name
  const value = random.chance(0.5) ? `EXCLUDED.${changed}` : `${table.name}.${changed}`
  const where = random.chance(0.2) ? ` WHERE ${table.name}.${changed} IS DISTINCT FROM EXCLUDED.${changed}` : ''
  const action = `ON CONFLICT (${table.key.join(', ')}) DO UPDATE SET ${changed} = ${value}${where}`
  return `INSERT INTO ${table.name} (${names(writable(table))}) VALUES (${row(random, table).join(', ')}) ${action}`
}

function merge(random: Random, table: Table): string {
  const changed = random.pick(plain(table))
  const first = table.key[0] ?? plain(table)[0]?.name ?? ''
  const column = table.columns.find(({ name }) => name === first)
  const wanted = column === undefined ? '1' : cell(random, table, column)
  const insertion = random.chance(0.6)
    ? ` WHEN NOT MATCHED THEN INSERT (${names(writable(table))}) VALUES (${row(random, table).join(', ')})`
    : ' WHEN NOT MATCHED THEN DO NOTHING'
  return `MERGE INTO ${table.name} t USING (SELECT ${wanted} AS k) s ON t.${first} = s.k WHEN MATCHED AND ${random.pick(['true', 'false', `t.${changed.name} IS NULL`])} THEN DELETE WHEN MATCHED THEN UPDATE SET ${changed.name} = ${cell(random, table, changed)}${insertion}`
}

/** A real COPY; the server's shell gives the rows, in base64 so that nothing has to be quoted for it. */
function copy(random: Random, table: Table): string {
  const columns = writable(table).filter(
    ({ name }) => !table.references.some(({ columns: referring }) => referring.includes(name)),
  )
  const lines = Array.from({ length: random.int(1, 3) }, () => {
    const values = columns.map(({ name, kind, notNull }) =>
      name === 'id' ? String(random.int(1, 12)) : rawValue(random, kind, !notNull),
    )
    return values.map((raw) => (raw === null ? '\\N' : raw.replaceAll('\\', '\\\\'))).join('\t')
  })
  const encoded = Buffer.from(`${lines.join('\n')}\n`).toString('base64')
  return `COPY ${written(random, table)} (${names(columns)}) FROM PROGRAM 'echo ${encoded} | base64 -d'`
}

/** Rows made of those that are there: duplicates, where no key keeps them out. */
function insertSelect(random: Random, table: Table): string {
  const columns = writable(table)
  const values = columns.map(({ name }) => (name === 'id' ? `id + ${random.int(1, 3)}` : name))
  const conflict = table.key.length > 0 ? ' ON CONFLICT DO NOTHING' : ''
  return `INSERT INTO ${table.name} (${names(columns)}) SELECT ${values.join(', ')} FROM ${table.name} WHERE ${condition(random, table)}${conflict}`
}

function update(random: Random, table: Table): string {
  return `UPDATE ${written(random, table)} SET ${assignments(random, table)} WHERE ${condition(random, table)}`
}

function updateFrom(random: Random, table: Table, tables: readonly Table[]): string {
  const other = random.pick(tables)
  const changed = random.pick(plain(table))
  const [reference] = table.references
  const on =
    reference !== undefined && other.name === reference.table
      ? reference.columns.map((column, index) => `t.${column} = o.${reference.targets[index]}`).join(' AND ')
      : condition(random, table, 't')
  if (random.chance(0.3)) return `DELETE FROM ${table.name} t USING ${other.name} o WHERE ${on}`
  return `UPDATE ${table.name} t SET ${changed.name} = ${cell(random, table, changed)} FROM ${other.name} o WHERE ${on}`
}

/** Deletes and writes again in one statement. */
function moveRows(random: Random, table: Table): string {
  const columns = writable(table)
  const values = columns.map((column) => (random.chance(0.3) ? cell(random, table, column) : `gone.${column.name}`))
  return `WITH gone AS (DELETE FROM ${table.name} WHERE ${condition(random, table)} RETURNING *) INSERT INTO ${table.name} (${names(columns)}) SELECT ${values.join(', ')} FROM gone`
}

function assignments(random: Random, table: Table, number?: number): string {
  const places = new Map(table.references.map((reference) => [reference, number ?? random.int(1, 9)]))
  const columns = new Set(Array.from({ length: random.int(1, 2) }, () => random.pick(plain(table))))
  const list = [...columns].map((column) => `${column.name} = ${cell(random, table, column, places)}`)
  const [first] = table.key
  const key = table.columns.find(({ name }) => name === first)
  // A key moves to a place that may be free; foreign keys follow or refuse.
  const moves = key !== undefined && !columns.has(key) && random.chance(0.1)
  if (moves) list.push(`${key.name} = ${key.name === 'id' && random.chance(0.3) ? 'id + 1' : cell(random, table, key)}`)
  return list.join(', ')
}

function plain(table: Table): Column[] {
  const columns = writable(table).filter(({ name }) => !table.key.includes(name))
  return columns.length > 0 ? columns : writable(table)
}

function condition(random: Random, table: Table, alias?: string): string {
  const [first] = table.key
  const key = random.chance(0.55) ? table.columns.find(({ name }) => name === first) : undefined
  const column = key ?? random.pick(table.columns)
  const name = alias === undefined ? column.name : `${alias}.${column.name}`
  const raw = column.kind === 'int' ? String(random.int(0, 9)) : rawValue(random, column.kind, !column.notNull)
  if (raw === null) return `${name} IS NULL`
  return `${name} ${random.chance(0.7) ? '=' : random.pick(['>=', '<', '<>'])} ${literalOf(raw, column.kind)}`
}
