import type { Random } from '../../oracle/random.js'
import { partitionBounds } from './schema.js'
import type { Column, Table } from './table.js'
import { insert } from './writes.js'

/** What an administrator does to tables while views read them, and what is written after it. Some of it may be refused. */
export function alteration(random: Random, tables: readonly Table[]): string[] {
  const parted = tables.filter(({ parts }) => parts.length > 0)
  const table = parted.length > 0 && random.chance(0.75) ? random.pick(parted) : random.pick(tables)
  const made = random.chance(0.65) ? ofParts(random, table) : ofColumns(random, table)
  const followed = random.chance(0.25) ? ['SELECT tidemark.follow_children(id) FROM tidemark.source ORDER BY id'] : []
  return [...made, ...followed, ...(random.chance(0.5) ? [insert(random, table)] : [])]
}

/** Partitions, and children by inheritance, that come and go with the rows that are in them. */
function ofParts(random: Random, table: Table): string[] {
  const { name, parts, shape } = table
  const place = random.int(0, Math.max(0, parts.length - 1))
  const part = parts[place]
  if (part === undefined) return ofColumns(random, table)
  if (shape === 'inherited') {
    return [`ALTER TABLE ${part} ${random.chance(0.7) ? 'NO INHERIT' : 'INHERIT'} ${name}`]
  }
  const attach = `ALTER TABLE ${name} ATTACH PARTITION ${part} ${partitionBounds[place]}`
  const detach = `ALTER TABLE ${name} DETACH PARTITION ${part}`
  const another = `CREATE TABLE another PARTITION OF ${name} FOR VALUES IN ('y', 'é')`
  return random.pick([
    [detach],
    [attach],
    // Written to in between, without the other table.
    [detach, insert(random, { ...table, name: part, parts: [], key: [] }), attach],
    [another],
    ['DROP TABLE another'],
    [
      `CREATE TABLE another (LIKE ${name} INCLUDING ALL)`,
      insert(random, { ...table, name: 'another', parts: [], key: [] }),
      `ALTER TABLE ${name} ATTACH PARTITION another FOR VALUES IN ('y')`,
    ],
  ])
}

function ofColumns(random: Random, table: Table): string[] {
  const { name, columns, key } = table
  const strict = columns.filter((column) => column.notNull && !key.includes(column.name))
  const loosened = strict.length > 0 ? random.pick(strict) : undefined
  const some = random.pick(columns).name
  const later = `ALTER TABLE ${name} ADD COLUMN IF NOT EXISTS later`
  return random.pick([
    ...(loosened === undefined ? [] : [loosen(random, table, loosened), loosen(random, table, loosened)]),
    [`${later} integer`],
    [`${later} timestamptz NOT NULL DEFAULT clock_timestamp()`],
    [`ALTER TABLE ${name} DROP COLUMN IF EXISTS later`],
    [`ALTER TABLE ${name} ALTER COLUMN ${some} SET NOT NULL`],
    [`CREATE INDEX ON ${name} (${some})`],
    [`ANALYZE ${name}`],
  ])
}

/** NULL comes into a column that could not be it. */
function loosen(random: Random, table: Table, column: Column): string[] {
  const columns = table.columns.map((other) => (other === column ? { ...other, notNull: false } : other))
  return [
    `ALTER TABLE ${table.name} ALTER COLUMN ${column.name} DROP NOT NULL`,
    `UPDATE ${table.name} SET ${column.name} = NULL WHERE ${random.pick(['true', `${column.name} = (SELECT min(${column.name}) FROM ${table.name})`])}`,
    insert(random, { ...table, columns }),
  ]
}
