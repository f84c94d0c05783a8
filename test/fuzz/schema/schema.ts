import type { Random } from '../../oracle/random.js'
import { everyKind, type Kind, kinds } from '../kinds.js'
import type { Column, Reference, Table } from './table.js'

/** Columns of one name have one kind everywhere, so that USING and NATURAL find each other. */
const names: Readonly<Record<Exclude<Kind, 'noisy'>, readonly string[]>> = {
  int: ['g', 'v', 'w', '"Group"'],
  big: ['big'],
  numeric: ['n'],
  money: ['m'],
  small: ['dom'],
  float: ['x'],
  text: ['h', 's', '"a ""b"'],
  ctext: ['c'],
  folded: ['f'],
  bool: ['b'],
  date: ['d'],
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
export function makeSchema(random: Random): Table[] {
  const tables: Table[] = []
  for (let left = random.pick([2, 2, 3, 3, 4]); left > 0; left--)
    tables.push(makeTable(random, `t${tables.length + 1}`, tables))
  return tables
}

function makeTable(random: Random, name: string, others: readonly Table[]): Table {
  const roll = random.next()
  const shape = roll < 0.1 ? 'partitioned' : roll < 0.2 ? 'inherited' : 'plain'
  const key = makeKey(random, shape)
  const references =
    shape === 'plain' ? makeReferences(random, name, key, others) : makeReferences(random, name, [], others)
  const referring = references.map(({ column }): Column => ({ name: column, kind: 'int', notNull: random.chance(0.2) }))
  const plain = makeColumns(random, [...key, ...referring])
  const columns = [...key, ...referring, ...plain, ...makeGenerated(random, plain)]
  const unique = shape !== 'inherited' && key.length > 0
  const keyNames = key.map((column) => column.name)
  const base = { name, columns, key: keyNames, references, unique }
  const sql = [createTable(random, base, shape), ...makeIndexes(random, base), ...makeTrigger(random, name, plain)]
  if (shape === 'partitioned') {
    sql.push(`CREATE TABLE ${name}_a PARTITION OF ${name} FOR VALUES IN ('x', 'X')`)
    sql.push(`CREATE TABLE ${name}_b PARTITION OF ${name} DEFAULT`)
    return { ...base, parts: [`${name}_a`, `${name}_b`], sql }
  }
  if (shape === 'inherited') {
    sql.push(`CREATE TABLE ${name}_a (extra text) INHERITS (${name})`)
    return { ...base, parts: [`${name}_a`], sql }
  }
  return { ...base, parts: [], sql }
}

function makeKey(random: Random, shape: 'plain' | 'partitioned' | 'inherited'): Column[] {
  const id: Column = { name: 'id', kind: 'int', notNull: true }
  if (shape === 'partitioned') return [id, { name: 'region', kind: 'text', notNull: true }]
  if (random.chance(0.15)) return []
  if (random.chance(0.75)) return [id]
  const kind = random.pick(['text', 'date', 'mood', 'uuid', 'numeric', 'folded', 'big'] as const)
  const [second] = names[kind]
  const other: Column = { name: second ?? 's', kind, notNull: true }
  return random.chance(0.7) ? [id, other] : [other]
}

const actions = [
  'ON DELETE CASCADE ON UPDATE CASCADE',
  'ON DELETE CASCADE',
  'ON DELETE SET NULL ON UPDATE CASCADE',
  'DEFERRABLE INITIALLY DEFERRED',
  '',
] as const

/** Tables whose rows one column tells apart, this one itself among them at times. */
function makeReferences(random: Random, name: string, key: readonly Column[], others: readonly Table[]): Reference[] {
  const possible = others.filter((table) => table.key.length === 1 && table.key[0] === 'id' && table.unique)
  const chosen = new Set<string>()
  if (key.length === 1 && key[0]?.name === 'id' && random.chance(0.1)) chosen.add(name)
  if (possible.length > 0 && random.chance(0.75)) {
    for (let left = random.int(1, 2); left > 0; left--) chosen.add(random.pick(possible).name)
  }
  return [...chosen].map((table) => ({ column: `${table}_id`, table, target: 'id', actions: random.pick(actions) }))
}

/** One that changes what is written, on its way in. */
function makeTrigger(random: Random, table: string, columns: readonly Column[]): string[] {
  const changed = columns.find(({ kind, generated }) => kind === 'text' && generated === undefined)
  if (changed === undefined || !random.chance(0.12)) return []
  const body = `BEGIN NEW.${changed.name} := upper(NEW.${changed.name}); RETURN NEW; END`
  return [
    `CREATE FUNCTION loud_${table}() RETURNS trigger LANGUAGE plpgsql AS $$ ${body} $$`,
    `CREATE TRIGGER loud BEFORE ${random.pick(['INSERT', 'UPDATE', 'INSERT OR UPDATE'])} ON ${table} FOR EACH ROW EXECUTE FUNCTION loud_${table}()`,
  ]
}

function makeColumns(random: Random, present: readonly Column[]): Column[] {
  const columns: Column[] = []
  for (let left = random.int(2, 5); left > 0; left--) {
    const kind = random.chance(0.45) ? random.pick(['int', 'text', 'money'] as const) : random.pick(everyKind)
    const name = random.pick(names[kind])
    if ([...present, ...columns].some((column) => column.name === name)) continue
    columns.push({ name, kind, notNull: random.chance(0.2) })
  }
  return columns
}

function makeGenerated(random: Random, columns: readonly Column[]): Column[] {
  const source = columns.find(({ kind }) => kind === 'int')
  if (source === undefined || random.chance(0.85)) return []
  return [{ name: 'gen', kind: 'big', notNull: false, generated: `${source.name}::bigint * 2` }]
}

function createTable(random: Random, table: Omit<Table, 'parts' | 'sql'>, shape: string): string {
  const lines = table.columns.map(({ name, kind, notNull, generated }) => {
    if (kind === 'noisy') throw new RangeError('no column is noisy')
    if (generated !== undefined) return `${name} ${kinds[kind].sql} GENERATED ALWAYS AS (${generated}) STORED`
    return `${name} ${kinds[kind].sql}${notNull ? ' NOT NULL' : ''}`
  })
  if (table.key.length > 0) lines.push(`PRIMARY KEY (${table.key.join(', ')})`)
  for (const { column, table: other, target, actions } of table.references) {
    lines.push(`FOREIGN KEY (${column}) REFERENCES ${other} (${target}) ${actions}`.trim())
  }
  const unique = table.columns.find(({ kind, generated }) => kind === 'text' && generated === undefined)
  if (shape === 'plain' && unique !== undefined && random.chance(0.08)) lines.push(`UNIQUE (${unique.name})`)
  return `CREATE TABLE ${table.name} (${lines.join(', ')})${shape === 'partitioned' ? ' PARTITION BY LIST (region)' : ''}`
}

function makeIndexes(random: Random, { name, columns, references }: Pick<Table, 'name' | 'columns' | 'references'>) {
  const wanted = references.filter(() => random.chance(0.6)).map(({ column }) => column)
  for (const column of columns) {
    const indexable = !['json', 'range', 'texts', 'ints'].includes(column.kind)
    if (indexable && random.chance(0.2)) wanted.push(column.name)
  }
  return [...new Set(wanted)].map((column) => `CREATE INDEX ON ${name} (${column})`)
}
