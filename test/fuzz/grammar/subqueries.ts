import { comparable, type Kind } from '../kinds.js'
import { condition } from './conditions.js'
import { type Expression, expression, type Grammar, likelyKind, ofKind, type Scope, usable } from './grammar.js'
import { scalar } from './scalars.js'
import { fromClause, type Source, tableSource } from './sources.js'

interface Inner {
  readonly source: Source
  readonly scope: Scope
  readonly where: string
  readonly correlated: boolean
}

/** What a subquery reads, tied to the rows around it by an equality mostly. */
function inner(g: Grammar, scope: Scope): Inner {
  const source = g.may(0.2) ? fromClause(g, undefined, 1) : tableSource(g, undefined)
  const within: Scope = { columns: source.columns, identity: source.identity, outer: scope }
  const ties: string[] = []
  if (g.random.chance(0.75)) {
    const tie = equality(g, within, scope)
    if (tie !== undefined) ties.push(tie)
    const second = g.random.chance(0.15) ? equality(g, within, scope) : undefined
    if (second !== undefined) ties.push(second)
  }
  const correlated = ties.length > 0
  if (g.random.chance(0.4)) ties.push(condition(g, g.random.chance(0.8) ? { ...within, outer: emptyScope } : within, 1))
  g.tag(correlated ? 'correlated subquery' : 'uncorrelated subquery')
  return { source, scope: within, where: ties.length > 0 ? ` WHERE ${ties.join(' AND ')}` : '', correlated }
}

const emptyScope: Scope = { columns: [], identity: undefined }

/** A column of the one equals a column of the other: along a foreign key where there is one. */
export function equality(g: Grammar, left: Scope, right: Scope): string | undefined {
  const pairs = left.columns.flatMap((own) =>
    right.columns
      .filter((other) => comparable(own.kind, other.kind) && collationsAgree(own.kind, other.kind))
      .map((other) => [own, other] as const),
  )
  if (pairs.length === 0) return undefined
  const linked = pairs.filter(([own, other]) => refersTo(own, other) || refersTo(other, own))
  const likely = linked.length > 0 ? linked : pairs.filter(([own, other]) => isNumber(own) && isNumber(other))
  const chosen = g.random.pick(likely.length > 0 && g.random.chance(0.6) ? likely : pairs)
  // All columns of a foreign key mostly.
  const key =
    linked.includes(chosen) && g.random.chance(0.8) ? linked.filter((pair) => isBeside(pair, chosen)) : [chosen]
  if (key.length > 1) g.tag('join on several columns')
  const operator = g.random.chance(0.04) ? 'IS NOT DISTINCT FROM' : '='
  return key.map(([own, other]) => `${own.sql} ${operator} ${other.sql}`).join(' AND ')
}

type Pair = readonly [Expression, Expression]

function refersTo({ target }: Expression, { origin }: Expression): boolean {
  return target !== undefined && target === origin
}

function isNumber({ sql }: Expression): boolean {
  return /id"?$/.test(sql)
}

/** Columns of the same two items of FROM. */
function isBeside(one: Pair, other: Pair): boolean {
  const item = ({ sql }: Expression): string | undefined => sql.split('.')[0]
  return item(one[0]) === item(other[0]) && item(one[1]) === item(other[1])
}

function collationsAgree(left: Kind, right: Kind): boolean {
  const collated = (kind: Kind): boolean => kind === 'ctext' || kind === 'text'
  return !(collated(left) && collated(right)) || left === right
}

/** EXISTS, IN, ANY, ALL, a comparison with an aggregate. */
export function subqueryCondition(g: Grammar, scope: Scope): string | undefined {
  const roll = g.random.next()
  const not = g.random.chance(0.4) ? 'NOT ' : ''
  if (roll < 0.4) {
    const { source, where } = inner(g, scope)
    g.tag(not === '' ? 'exists' : 'not exists')
    return `${not}EXISTS (SELECT FROM ${source.sql}${where})`
  }
  const kind = likelyKind(g, scope)
  const { source, scope: within, where } = inner(g, scope)
  const given = ofKind(within, kind)
  if (given.length === 0) return undefined
  const left = scalar(g, scope, kind, 0).sql
  const wanted = g.random.pick(given).sql
  const query = `(SELECT ${wanted} FROM ${source.sql}${where})`
  if (roll < 0.5) {
    const second = likelyKind(g, scope)
    const others = ofKind(within, second)
    if (others.length > 0) {
      g.tag('in subquery of rows')
      const pair = `(${left}, ${scalar(g, scope, second, 0).sql})`
      return `${pair} ${not}IN (SELECT ${wanted}, ${g.random.pick(others).sql} FROM ${source.sql}${where})`
    }
  }
  if (roll < 0.75) {
    g.tag(not === '' ? 'in subquery' : 'not in subquery')
    return `${left} ${not}IN ${query}`
  }
  if (roll < 0.85) {
    g.tag('any/all subquery')
    const operator = kind === 'json' || kind === 'bool' ? '=' : g.random.pick(['=', '<', '>=', '<>'])
    return `${left} ${operator} ${g.random.pick(['ANY', 'ALL'])} ${query}`
  }
  const value = scalarSubquery(g, scope, kind)
  return value === undefined ? undefined : `${left} ${g.random.pick(['=', '<>', '>='])} ${value.sql}`
}

/** A subquery of one value: an aggregate, or the first row in a total order. */
export function scalarSubquery(g: Grammar, scope: Scope, kind: Kind): Expression | undefined {
  const { source, scope: within, where } = inner(g, scope)
  const value = aggregateOf(g, within, kind)
  if (value !== undefined && g.random.chance(0.85)) {
    g.tag('scalar subquery')
    return expression(`(SELECT ${value} FROM ${source.sql}${where})`, kind)
  }
  if (kind === 'ints') {
    const found = ofKind(within, 'int')
    if (found.length === 0) return undefined
    g.tag('array subquery')
    const { sql } = g.random.pick(found)
    return expression(`ARRAY(SELECT ${sql} FROM ${source.sql}${where} ORDER BY ${sql})`, kind)
  }
  const given = ofKind(within, kind)
  if (given.length === 0 || kind === 'json') return undefined
  g.tag('scalar subquery with limit')
  const { sql } = g.random.pick(given)
  return expression(
    `(SELECT ${sql} FROM ${source.sql}${where} ORDER BY ${sql} ${g.random.pick(['', 'DESC '])}LIMIT 1)`,
    kind,
  )
}

function aggregateOf(g: Grammar, scope: Scope, kind: Kind): string | undefined {
  const own = ofKind(scope, kind)
  const column = own.length > 0 ? g.random.pick(own).sql : undefined
  if (kind === 'big') {
    const counted = usable(scope)
    const some = counted.length > 0 ? g.random.pick(counted).sql : '*'
    return g.random.pick(['count(*)', `count(${some})`, ...(some === '*' ? [] : [`count(DISTINCT ${some})`])])
  }
  if (column === undefined) return undefined
  if (kind === 'bool') return `bool_${g.random.pick(['and', 'or'])}(${column})`
  if (kind === 'numeric') return `${g.random.pick(['sum', 'avg', 'min', 'max'])}(${column})`
  if (sortable(kind)) return `${g.random.pick(['min', 'max'])}(${column})`
  return undefined
}

/** Kinds that min and max take on every version. */
export function sortable(kind: Kind): boolean {
  return ['int', 'numeric', 'money', 'text', 'ctext', 'folded', 'date', 'time', 'mood', 'float', 'ints'].includes(kind)
}
