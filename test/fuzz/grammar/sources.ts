import { condition, simpleCondition } from './conditions.js'
import { functionSource, lateralSource, subquerySource, valuesSource } from './derived.js'
import { type Expression, expression, type Grammar, type NamedColumn, type Relation, type Scope } from './grammar.js'
import { scalar } from './scalars.js'
import { equality } from './subqueries.js'

/** One item of FROM, and the columns that it gives. */
export interface Source {
  readonly sql: string
  readonly columns: readonly Expression[]
  readonly identity: readonly Expression[] | undefined
  /** Names that USING could take. */
  readonly names: readonly NamedColumn[]
}

export function sourceOf(
  alias: string,
  columns: readonly NamedColumn[],
  identity: readonly string[] | undefined,
  sql: string,
): Source {
  const made = columns.map((column): Expression => {
    const { name, kind, faithful, ...links } = column
    return { ...links, ...expression(`${alias}.${name}`, kind, faithful) }
  })
  const own = identity?.map((name) => made[columns.findIndex((column) => column.name === name)])
  const whole = own?.every((column) => column !== undefined) ? (own as Expression[]) : undefined
  return { sql, columns: made, identity: whole, names: columns }
}

/** @param linked how often it is one that what is near refers to, or that refers to it. */
export function tableSource(g: Grammar, near: readonly Expression[] | undefined, linked = 0.5): Source {
  const relation = chooseRelation(g, near, linked)
  const alias = g.alias()
  g.tag(relation.construct)
  const only = relation.parent && g.random.chance(0.2)
  if (only) g.tag('only')
  return sourceOf(alias, relation.columns, relation.identity, `${only ? 'ONLY ' : ''}${relation.name} ${alias}`)
}

function chooseRelation(g: Grammar, near: readonly Expression[] | undefined, often: number): Relation {
  if (near !== undefined && g.random.chance(often)) {
    const linked = g.relations.filter(
      ({ name, references }) =>
        near.some(({ target }) => target?.startsWith(`${name}.`)) ||
        references.some(({ table }) => near.some(({ origin }) => origin?.startsWith(`${table}.`))),
    )
    if (linked.length > 0) return g.random.pick(linked)
  }
  return g.random.pick(g.relations)
}

function item(g: Grammar, near: Source | undefined, depth: number): Source {
  if (depth > 0 && g.may(0.25)) {
    const made = g.random.pick([subquerySource, subquerySource, subquerySource, valuesSource])(g, depth - 1)
    if (made !== undefined) return made
  }
  return tableSource(g, near?.columns)
}

/** A FROM clause: one item, or a tree of joins. */
export function fromClause(g: Grammar, _outer: Scope | undefined, depth: number): Source {
  let left = item(g, undefined, depth)
  while (g.may(0.6)) {
    const roll = g.random.next()
    if (roll < 0.1) {
      const made = (g.random.chance(0.5) ? lateralSource : functionSource)(g, left, depth - 1)
      if (made !== undefined) left = made
      continue
    }
    left = join(g, left, rightSide(g, left, depth))
  }
  return left
}

/** Sometimes a join itself, in brackets. */
function rightSide(g: Grammar, left: Source, depth: number): Source {
  const right = item(g, left, depth)
  if (!g.may(0.12)) return right
  const nested = join(g, right, item(g, right, 0))
  g.tag('nested join')
  return { ...nested, sql: `(${nested.sql})` }
}

const kindsOfJoin = [
  ['inner join', 'JOIN'],
  ['inner join', 'JOIN'],
  ['inner join', 'JOIN'],
  ['left join', 'LEFT JOIN'],
  ['left join', 'LEFT JOIN'],
  ['right join', 'RIGHT JOIN'],
  ['full join', 'FULL JOIN'],
  ['cross join', 'CROSS JOIN'],
] as const

function join(g: Grammar, left: Source, right: Source): Source {
  const [tag, word] = g.random.pick(kindsOfJoin)
  g.tag(tag)
  const identity = left.identity && right.identity ? [...left.identity, ...right.identity] : undefined
  const columns = [...left.columns, ...right.columns]
  const names = [...left.names, ...right.names]
  const both = { columns, identity, names }
  if (word === 'CROSS JOIN') {
    const comma = g.random.chance(0.3)
    // A comma binds weaker than what is joined later.
    return { ...both, sql: `${left.sql} ${comma ? 'CROSS JOIN' : word} ${right.sql}` }
  }
  const shared = left.names.filter(
    ({ name }) =>
      left.names.filter((other) => other.name === name).length === 1 &&
      right.names.filter((other) => other.name === name).length === 1,
  )
  if (shared.length > 0 && g.random.chance(0.25)) return joinUsing(g, left, right, word, shared, both)
  return { ...both, sql: `${left.sql} ${word} ${right.sql} ON ${joinCondition(g, left, right, word)}` }
}

function joinUsing(
  g: Grammar,
  left: Source,
  right: Source,
  word: string,
  shared: readonly NamedColumn[],
  both: Omit<Source, 'sql'>,
): Source {
  const all = left.names.filter(({ name }) => right.names.some((other) => other.name === name))
  if (all.length === shared.length && shared.length <= 2 && g.random.chance(0.3)) {
    g.tag('natural join')
    return { ...both, sql: `${left.sql} NATURAL ${word} ${right.sql}` }
  }
  g.tag('using')
  const alias = g.alias()
  const chosen = shared.slice(0, g.random.int(1, Math.min(2, shared.length)))
  const merged = chosen.map(({ name, kind, faithful }) => expression(`${alias}.${name}`, kind, faithful))
  // What was merged has no name of its own any more that a later USING could take.
  const names = both.names.filter(({ name }) => !chosen.some((column) => column.name === name))
  const sql = `${left.sql} ${word} ${right.sql} USING (${chosen.map(({ name }) => name).join(', ')}) AS ${alias}`
  return { ...both, names, columns: [...both.columns, ...merged], sql }
}

/** An equality of which a side, or both, is computed. */
function computedEquality(g: Grammar, left: Source, right: Source): string | undefined {
  const kind = g.random.pick(['int', 'text', 'date'] as const)
  const side = (source: Source): Expression => scalar(g, { columns: source.columns, identity: undefined }, kind, 1)
  const [one, other] = [side(left), side(right)]
  const reads = (made: Expression, source: Source): boolean => source.columns.some(({ sql }) => made.sql.includes(sql))
  if (!reads(one, left) || !reads(other, right)) return undefined
  g.tag('join on expressions')
  return `${one.sql} = ${other.sql}`
}

function joinCondition(g: Grammar, left: Source, right: Source, word: string): string {
  const sides: [Scope, Scope] = [
    { columns: left.columns, identity: undefined },
    { columns: right.columns, identity: undefined },
  ]
  const parts: string[] = []
  const tie = equality(g, ...sides)
  if (tie !== undefined && g.random.chance(0.93)) parts.push(tie)
  if (g.random.chance(0.08)) {
    const computed = computedEquality(g, left, right)
    if (computed !== undefined) parts.push(computed)
  }
  if (parts.length > 0 && g.random.chance(0.2)) {
    const second = equality(g, ...sides)
    if (second !== undefined) parts.push(second)
  }
  // Of one side alone: whether a row finds its match can change with that.
  if (word !== 'FULL JOIN' && parts.length > 0 && g.random.chance(0.15))
    parts.push(simpleCondition(g, g.random.pick(sides), 0))
  // PostgreSQL takes a FULL JOIN only on what it can merge or hash.
  if (word !== 'FULL JOIN' && g.random.chance(0.2)) {
    g.tag('on more')
    parts.push(condition(g, { columns: [...left.columns, ...right.columns], identity: undefined }, 1))
  }
  return parts.length > 0 ? parts.join(' AND ') : 'true'
}
