import type { Random } from '../../oracle/random.js'
import type { SchemaWeights } from '../emphasis.js'
import { everyKind, type Kind, kinds } from '../kinds.js'
import { extended, unquoted, written } from './names.js'
import type { Column, Reference, Shape, Table } from './table.js'

/** Columns of one name have one kind everywhere, so that USING and NATURAL find each other. */
const names: Readonly<Record<Exclude<Kind, 'noisy'>, readonly string[]>> = {
  int: ['g', 'v', 'w', 'sign', '"Group"'],
  big: ['big', 'xid'],
  numeric: ['n', 'old'],
  money: ['m', '"order"'],
  small: ['dom'],
  float: ['x'],
  text: ['h', 's', '"a ""b"'],
  ctext: ['c'],
  folded: ['f'],
  bool: ['b', 'moved'],
  date: ['d', '"the.day"'],
  time: ['ts'],
  local: ['at'],
  span: ['iv'],
  uuid: ['u'],
  mood: ['k'],
  ints: ['arr'],
  texts: ['tags'],
  range: ['span'],
  json: ['j'],
}

/** A few tables, later ones referring to earlier ones. */
export function makeSchema(random: Random, weights: SchemaWeights): Table[] {
  const tables: Table[] = []
  for (let left = random.pick([2, 2, 3, 3, 4]); left > 0; left--)
    tables.push(makeTable(random, written(random, `t${tables.length + 1}`), tables, weights))
  return tables
}

function makeTable(random: Random, name: string, others: readonly Table[], weights: SchemaWeights): Table {
  const { partitioned, inherited, present } = weights
  const roll = random.next()
  const shape: Shape = roll < partitioned ? 'partitioned' : roll < partitioned + inherited ? 'inherited' : 'plain'
  const key = makeKey(random, shape)
  const references = makeReferences(random, name, shape === 'plain' ? key : [], others, weights)
  const referring = references.flatMap((reference) => referringColumns(random, reference, key, others))
  const plain = makeColumns(random, [...key, ...referring], weights)
  const stored = [...key, ...referring, ...plain, ...makeGenerated(random, plain)]
  const virtual = makeVirtual(random, name, stored)
  const columns = [...stored, ...virtual.columns]
  const unique = shape !== 'inherited' && key.length > 0
  const keyNames = key.map((column) => column.name)
  const base = { name, columns, key: keyNames, references, unique, shape, present }
  const sql = [
    createTable(random, { ...base, columns: stored }),
    ...virtual.sql,
    ...makeIndexes(random, base, weights),
    ...makeTrigger(random, name, plain),
  ]
  if (shape === 'partitioned') {
    const parts = [extended(name, '_a'), extended(name, '_b')]
    for (const [index, part] of parts.entries()) {
      sql.push(`CREATE TABLE ${part} PARTITION OF ${name} ${partitionBounds[index]}`)
    }
    return { ...base, parts, sql }
  }
  if (shape === 'inherited') {
    const part = extended(name, '_a')
    sql.push(`CREATE TABLE ${part} (extra text) INHERITS (${name})`)
    return { ...base, parts: [part], sql }
  }
  return { ...base, parts: [], sql }
}

/** Of the two partitions that a partitioned table begins with. */
export const partitionBounds = ["FOR VALUES IN ('x', 'X')", 'DEFAULT'] as const

function makeKey(random: Random, shape: Shape): Column[] {
  const id: Column = { name: 'id', kind: 'int', notNull: true }
  if (shape === 'partitioned') return [id, { name: 'region', kind: 'text', notNull: true }]
  if (random.chance(0.15)) return []
  if (random.chance(0.65)) return [id]
  const kind = random.pick(['text', 'date', 'mood', 'uuid', 'numeric', 'folded', 'big'] as const)
  const [second] = names[kind]
  const other: Column = { name: second ?? 's', kind, notNull: true }
  return random.chance(0.7) ? [id, other] : [other]
}

const cascades = ['ON DELETE CASCADE ON UPDATE CASCADE', 'ON DELETE CASCADE'] as const
const otherActions = ['ON DELETE SET NULL ON UPDATE CASCADE', 'DEFERRABLE INITIALLY DEFERRED', ''] as const

/** Tables whose rows a number tells apart, alone or with one column more; this one itself among them at times. */
function makeReferences(
  random: Random,
  name: string,
  key: readonly Column[],
  others: readonly Table[],
  { referring, cascading }: SchemaWeights,
): Reference[] {
  const possible = others.filter((table) => table.key[0] === 'id' && table.unique)
  const chosen = new Set<string>()
  if (key.length === 1 && key[0]?.name === 'id' && random.chance(0.1)) chosen.add(name)
  if (possible.length > 0 && random.chance(referring)) {
    for (let left = random.int(1, 2); left > 0; left--) chosen.add(random.pick(possible).name)
  }
  return [...chosen].map((table) => {
    const targets = others.find((other) => other.name === table)?.key ?? ['id']
    const columns = targets.map((target) => extended(table, `_${unquoted(target).replaceAll('"', '')}`))
    return { columns, table, targets, actions: random.pick(random.chance(cascading) ? cascades : otherActions) }
  })
}

function referringColumns(
  random: Random,
  { columns, table, targets }: Reference,
  key: readonly Column[],
  others: readonly Table[],
): Column[] {
  const target = others.find((other) => other.name === table)?.columns ?? key
  return columns.map((name, index) => {
    const kind = target.find((column) => column.name === targets[index])?.kind ?? 'int'
    return { name, kind, notNull: random.chance(0.2) }
  })
}

/** One that changes what is written, on its way in. */
function makeTrigger(random: Random, table: string, columns: readonly Column[]): string[] {
  const changed = columns.find(({ kind, generated }) => kind === 'text' && generated === undefined)
  if (changed === undefined || !random.chance(0.12)) return []
  const body = `BEGIN NEW.${changed.name} := upper(NEW.${changed.name}); RETURN NEW; END`
  const loud = extended(table, '_loud')
  return [
    `CREATE FUNCTION ${loud}() RETURNS trigger LANGUAGE plpgsql AS $loud$ ${body} $loud$`,
    `CREATE TRIGGER loud BEFORE ${random.pick(['INSERT', 'UPDATE', 'INSERT OR UPDATE'])} ON ${table} FOR EACH ROW EXECUTE FUNCTION ${loud}()`,
  ]
}

function makeColumns(random: Random, present: readonly Column[], { timed: often }: SchemaWeights): Column[] {
  const columns: Column[] = []
  for (let left = random.int(2, 5); left > 0; left--) {
    const kind = random.chance(0.45) ? random.pick(['int', 'text', 'money'] as const) : random.pick(everyKind)
    const name = random.pick(names[kind])
    if ([...present, ...columns].some((column) => column.name === name)) continue
    columns.push({ name, kind, notNull: random.chance(0.2) })
  }
  // Without a time there is nothing that the clock could move.
  const timed = [...present, ...columns].some(({ kind }) => kind === 'time')
  if (!timed && random.chance(often)) columns.push({ name: 'ts', kind: 'time', notNull: random.chance(0.2) })
  return columns
}

function makeGenerated(random: Random, columns: readonly Column[]): Column[] {
  const source = columns.find(({ kind }) => kind === 'int')
  if (source === undefined || random.chance(0.85)) return []
  return [{ name: 'gen', kind: 'big', notNull: false, generated: `${source.name}::bigint * 2` }]
}

/** Computed when it is read, where PostgreSQL can; else kept. */
function makeVirtual(random: Random, table: string, columns: readonly Column[]): { columns: Column[]; sql: string[] } {
  const generated = columns.find((column) => column.generated !== undefined)
  if (generated?.generated === undefined || !random.chance(0.6)) return { columns: [], sql: [] }
  const column = `ALTER TABLE ${table} ADD COLUMN IF NOT EXISTS virtual bigint GENERATED ALWAYS AS (${generated.generated})`
  return { columns: [{ ...generated, name: 'virtual' }], sql: [`${column} VIRTUAL`, `${column} STORED`] }
}

function createTable(random: Random, table: Omit<Table, 'parts' | 'sql'>): string {
  const { shape } = table
  const lines = table.columns.map(({ name, kind, notNull, generated }) => {
    if (kind === 'noisy') throw new RangeError('no column is noisy')
    if (generated !== undefined) return `${name} ${kinds[kind].sql} GENERATED ALWAYS AS (${generated}) STORED`
    return `${name} ${kinds[kind].sql}${notNull ? ' NOT NULL' : ''}`
  })
  if (table.key.length > 0) lines.push(`PRIMARY KEY (${table.key.join(', ')})`)
  for (const { columns, table: other, targets, actions } of table.references) {
    lines.push(`FOREIGN KEY (${columns.join(', ')}) REFERENCES ${other} (${targets.join(', ')}) ${actions}`.trim())
  }
  const unique = table.columns.find(({ kind, generated }) => kind === 'text' && generated === undefined)
  if (shape === 'plain' && unique !== undefined && random.chance(0.08)) lines.push(`UNIQUE (${unique.name})`)
  return `CREATE TABLE ${table.name} (${lines.join(', ')})${shape === 'partitioned' ? ' PARTITION BY LIST (region)' : ''}`
}

function makeIndexes(
  random: Random,
  { name, columns, references }: Pick<Table, 'name' | 'columns' | 'references'>,
  { indexed }: SchemaWeights,
) {
  const wanted = references.filter(() => random.chance(indexed)).map(({ columns: [first] }) => first ?? 'id')
  for (const column of columns) {
    const indexable = !['json', 'range', 'texts', 'ints'].includes(column.kind)
    if (indexable && random.chance(0.2)) wanted.push(column.name)
  }
  return [...new Set(wanted)].map((column) => `CREATE INDEX ON ${name} (${column})`)
}
