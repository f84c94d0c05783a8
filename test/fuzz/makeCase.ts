import { identifier } from '../oracle/library.js'
import { Random } from '../oracle/random.js'
import type { Case, CaseView } from './case.js'
import { type Emphasis, emphasisOf } from './emphasis.js'
import { blurred, Grammar, type NamedColumn, type Query, type Relation } from './grammar/grammar.js'
import { query, viewQuery } from './grammar/query.js'
import { type Kind, looksTheSame, typesSql } from './kinds.js'
import { makeData, makeHistory } from './schema/history.js'
import { unquoted } from './schema/names.js'
import { makeSchema } from './schema/schema.js'
import type { Table } from './schema/table.js'

export interface Sizes {
  readonly views: number
  readonly rounds: number
}

/** The case of a seed: always the same. */
export function makeCase(seed: number, sizes: Sizes): Case {
  const random = new Random(seed)
  const emphasis = emphasisOf(seed)
  const tables = makeSchema(random.fork(), emphasis.schema)
  const forViews = random.fork()
  const relations: Relation[] = tables.flatMap(relationsOf)
  const plain = makePlainView(forViews.fork(), relations)
  relations.push(plain.relation)
  const native = random.chance(0.25) ? makeNative(forViews.fork(), relations) : undefined
  if (native !== undefined) relations.push(native.relation)
  // One for all: a view that reads another would compute that one's query under its own.
  const timeZone = forViews.pick(['UTC', 'UTC', 'Europe/Berlin', 'America/St_Johns'])
  const views: CaseView[] = []
  for (let number = 1; number <= Math.min(sizes.views, emphasis.views); number++) {
    const name = forViews.chance(0.1) ? `V ${number}` : `v${number}`
    const made = makeView(forViews.fork(), name, relations, emphasis)
    const storage = forViews.chance(0.03) ? 'matview' : undefined
    views.push({ ...made.view, timeZone, ...(storage && { storage }) })
    if (forViews.chance(0.35)) relations.push(made.relation)
  }
  return {
    schema: [...typesSql, ...tables.flatMap(({ sql }) => sql), plain.sql, ...(native === undefined ? [] : native.sql)],
    data: makeData(random.fork(), tables),
    views,
    rounds: makeHistory(random.fork(), tables, sizes.rounds, {
      ...emphasis.history,
      refreshes: native === undefined ? [] : [native.refresh],
    }),
  }
}

function relationsOf(table: Table): Relation[] {
  const columns = table.columns.map((column) => namedColumn(table, column.name, column.kind))
  const construct = table.parts.length === 0 ? 'table' : table.unique ? 'partitioned table' : 'inheritance'
  const identity = table.unique ? table.key : undefined
  const { name, references } = table
  const whole = { name, columns, identity, construct, references, parent: construct === 'inheritance' }
  const twice = table.parts.length === 0 ? [whole, whole] : [whole]
  const part = table.parts.at(-1)
  return part === undefined
    ? twice
    : [...twice, { ...whole, name: part, construct: `part of ${construct}`, parent: false }]
}

function namedColumn({ name: table, references }: Table, name: string, kind: Kind): NamedColumn {
  const reference = references.find(({ columns }) => columns.includes(name))
  const target = reference?.targets[reference.columns.indexOf(name)]
  const origin = `${table}.${name}`
  return { name, kind, faithful: true, origin, ...(target && { target: `${reference?.table}.${target}` }) }
}

function makePlainView(random: Random, relations: readonly Relation[]): { sql: string; relation: Relation } {
  const made = viewQuery(new Grammar(random, relations, 2))
  return { sql: `CREATE VIEW plain AS ${made.sql}`, relation: asRelation('plain', made, 'plain view') }
}

/** A materialized view of PostgreSQL's own, which is as old as its last refresh. */
function makeNative(
  random: Random,
  relations: readonly Relation[],
): { sql: string[]; refresh: string; relation: Relation } {
  const made = query(new Grammar(random, relations, 1), undefined, 1)
  return {
    sql: [`CREATE MATERIALIZED VIEW native AS ${made.sql}`],
    refresh: 'REFRESH MATERIALIZED VIEW native',
    relation: asRelation('native', made, 'native materialized view'),
  }
}

function makeView(
  random: Random,
  name: string,
  relations: readonly Relation[],
  emphasis: Emphasis,
): { view: CaseView; relation: Relation } {
  const g = new Grammar(random, relations, random.pick([0, 1, 2, 3, 4, 6, 9]))
  const made = viewQuery(g, emphasis)
  const names = made.columns.filter(({ kind }) => kind !== 'noisy').map((column) => unquoted(column.name))
  const keys = [null, ...(made.identity === undefined ? [] : [made.identity.map(unquoted)]), names]
  const exact = made.columns
    .filter(({ kind, faithful }) => faithful && !looksTheSame(kind))
    .map((column) => unquoted(column.name))
  const tags = [...g.tags].sort()
  const view: CaseView = { name, query: made.sql, keys, ...(exact.length > 0 && { exact }), tags }
  return { view, relation: asRelation(name.includes(' ') ? identifier(name) : name, made, 'maintained view') }
}

function asRelation(name: string, { columns, identity }: Query, construct: string): Relation {
  return { name, columns: blurred(columns), identity, construct, references: [], parent: false }
}
