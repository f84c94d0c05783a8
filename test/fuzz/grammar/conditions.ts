import { kinds, literal } from '../kinds.js'
import { clockCondition } from './clock.js'
import { type Grammar, likelyKind, ofKind, type Scope } from './grammar.js'
import { comparableTo, scalar } from './scalars.js'
import { subqueryCondition } from './subqueries.js'

/** A condition over the columns of a scope, nested as deep as `depth` allows. */
export function condition(g: Grammar, scope: Scope, depth = 2): string {
  if (depth > 0 && g.random.chance(0.25)) {
    const parts = Array.from({ length: g.random.int(2, 3) }, () => condition(g, scope, depth - 1))
    const operator = g.random.chance(0.5) ? 'OR' : 'AND'
    if (operator === 'OR') g.tag('or')
    return `(${parts.join(` ${operator} `)})`
  }
  if (depth > 0 && g.random.chance(0.08)) return `NOT (${condition(g, scope, depth - 1)})`
  if (g.may(0.3)) {
    const made = subqueryCondition(g, scope)
    if (made !== undefined) return made
  }
  const clocked = g.random.chance(0.05) ? clockCondition(g, scope) : undefined
  return clocked ?? simpleCondition(g, scope, depth)
}

/** A condition without AND, OR or a subquery at its top. */
export function simpleCondition(g: Grammar, scope: Scope, depth: number): string {
  const kind = likelyKind(g, scope)
  const left = scalar(g, scope, kind, Math.min(depth, 1)).sql
  const ordered = kind !== 'json' && kind !== 'bool'
  return g.first<string>(
    [
      () => `${left} = ${comparableTo(g, scope, kind, 0, left).sql}`,
      () => `${left} = ${typed(g, kind)}`,
      () =>
        ordered
          ? `${left} ${g.random.pick(['<', '<=', '>', '>='])} ${comparableTo(g, scope, kind, 0, left).sql}`
          : undefined,
      () => (ordered ? `${left} ${g.random.pick(['<', '<=', '>', '>='])} ${typed(g, kind)}` : undefined),
      () => `${left} <> ${typed(g, kind)}`,
      () => `${left} IS ${g.random.chance(0.5) ? 'NOT ' : ''}NULL`,
      () =>
        `${left} IS ${g.random.chance(0.5) ? 'NOT ' : ''}DISTINCT FROM ${comparableTo(g, scope, kind, 0, left).sql}`,
      () => `${left} ${g.random.chance(0.3) ? 'NOT ' : ''}IN (${typed(g, kind)}, ${typed(g, kind)})`,
      () => (ordered ? `${left} BETWEEN ${typed(g, kind)} AND ${typed(g, kind)}` : undefined),
      () => particular(g, scope),
      () => rows(g, scope),
      () => (kind === 'int' ? `${left} = ANY (ARRAY[${typed(g, kind)}, ${typed(g, kind)}])` : undefined),
      () => (kind === 'int' ? `${left} IN (VALUES (1), (${typed(g, kind)}))` : undefined),
    ],
    () => `${left} IS NOT NULL`,
  )
}

/** Rows compared with rows. */
function rows(g: Grammar, scope: Scope): string {
  const [first, second] = [likelyKind(g, scope), likelyKind(g, scope)]
  const row = (): string => `(${comparableTo(g, scope, first, 0).sql}, ${comparableTo(g, scope, second, 0).sql})`
  g.tag('row comparison')
  return `${row()} ${g.random.pick(['=', '<>', 'IS DISTINCT FROM'])} ${row()}`
}

function typed(g: Grammar, kind: Parameters<typeof literal>[1]): string {
  return g.random.chance(0.03) && kind !== 'noisy'
    ? `NULL::${kinds[kind].sql.replace(/ COLLATE .*/, '')}`
    : literal(g.random, kind)
}

/** Conditions that only some kinds know. */
function particular(g: Grammar, scope: Scope): string | undefined {
  const column = (kind: Parameters<typeof ofKind>[1]): string | undefined => {
    const found = ofKind(scope, kind)
    return found.length > 0 ? g.random.pick(found).sql : undefined
  }
  const [text, flag, list, range, json] = [
    column('text'),
    column('bool'),
    column('ints'),
    column('range'),
    column('json'),
  ]
  const made = [
    ...(text === undefined ? [] : [`${text} LIKE '${g.random.pick(['x%', '%', '_'])}'`, `${text} ~ '^[xy]'`]),
    ...(flag === undefined ? [] : [flag, `NOT ${flag}`, `${flag} IS NOT TRUE`]),
    ...(list === undefined ? [] : [`${scalar(g, scope, 'int', 0).sql} = ANY (${list})`, `${list} @> ARRAY[1]`]),
    ...(range === undefined ? [] : [`${range} @> ${g.random.int(0, 4)}`, `${range} && '[2,3)'::int4range`]),
    ...(json === undefined ? [] : [`${json} ? 'a'`, `${json} @> '{"a": 1}'`]),
  ]
  return made.length > 0 ? g.random.pick(made) : undefined
}
