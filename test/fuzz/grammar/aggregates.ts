import type { Kind } from '../kinds.js'
import { condition } from './conditions.js'
import { type Expression, expression, type Grammar, ofKind, type Scope, usable } from './grammar.js'
import { sortable } from './subqueries.js'

const exactNumbers: readonly Kind[] = ['int', 'big', 'numeric', 'money', 'small']

/** What an aggregate over the rows of a scope gives. `noisy` ones only where their values go nowhere but out. */
export function aggregate(g: Grammar, scope: Scope, noisy: boolean): Expression {
  const roll = g.random.next()
  if (roll < 0.55) return filtered(g, scope, added(g, scope))
  if (roll < 0.9) return filtered(g, scope, collected(g, scope))
  return noisy ? (statistical(g, scope) ?? added(g, scope)) : added(g, scope)
}

function filtered(g: Grammar, scope: Scope, made: Expression): Expression {
  if (usable(scope).length === 0 || !g.random.chance(0.15)) return made
  g.tag('filter')
  return { ...made, sql: `${made.sql} FILTER (WHERE ${condition(g, scope, 1)})` }
}

function some(g: Grammar, scope: Scope, kindsWanted: readonly Kind[]): Expression | undefined {
  const found = kindsWanted.flatMap((kind) => ofKind(scope, kind))
  return found.length > 0 ? g.random.pick(found) : undefined
}

function distinct(g: Grammar): string {
  if (!g.random.chance(0.12)) return ''
  g.tag('distinct aggregate')
  return 'DISTINCT '
}

/** Counts, sums and extremes. */
export function added(g: Grammar, scope: Scope): Expression {
  return g.first<Expression>(
    [
      () => tagged(g, 'count', 'count(*)', 'big'),
      () => {
        const [one, other] = [some(g, scope, ['int', 'text']), some(g, scope, ['int', 'date', 'mood'])]
        return one && other && tagged(g, 'count of rows', `count(DISTINCT (${one.sql}, ${other.sql}))`, 'big')
      },
      () => {
        const found = some(g, scope, ['span'])
        return found && tagged(g, 'sum', `sum(${found.sql})`, 'span')
      },
      () => {
        const found = some(g, scope, ['int', 'text', 'money', 'date', 'mood', 'uuid', 'bool', 'folded', 'json'])
        return found && tagged(g, 'count', `count(${distinct(g)}${found.sql})`, 'big')
      },
      () => {
        const found = some(g, scope, ['int', 'small'])
        return found && tagged(g, 'sum', `sum(${distinct(g)}${found.sql})`, 'big')
      },
      () => {
        const found = some(g, scope, ['big', 'numeric', 'money'])
        return found && tagged(g, 'sum', `sum(${distinct(g)}${found.sql})`, 'numeric')
      },
      () => {
        const found = some(g, scope, exactNumbers)
        return found && tagged(g, 'avg', `avg(${distinct(g)}${found.sql})`, 'numeric')
      },
      () => {
        const found = some(g, scope, ['float'])
        return found && tagged(g, 'sum of floats', `sum(${found.sql})`, 'float')
      },
      () => extreme(g, scope),
      () => {
        const found = some(g, scope, ['bool'])
        const argument = found?.sql ?? condition(g, scope, 0)
        return tagged(g, 'bool_and/or', `${g.random.pick(['bool_and', 'bool_or', 'every'])}(${argument})`, 'bool')
      },
    ],
    () => tagged(g, 'count', 'count(*)', 'big'),
  )
}

/** Of which the one that goes leaves another to be found. */
export function extreme(g: Grammar, scope: Scope): Expression | undefined {
  const sorted = scope.columns.filter(({ kind }) => sortable(kind))
  if (sorted.length === 0) return undefined
  const found = g.random.pick(sorted)
  return tagged(g, 'min/max', `${g.random.pick(['min', 'max'])}(${found.sql})`, found.kind)
}

/** Those whose value needs the rows themselves, in an order. */
function collected(g: Grammar, scope: Scope): Expression {
  const order = g.random.pick(['', ' DESC', ' DESC NULLS LAST', ' NULLS FIRST'])
  return g.first<Expression>(
    [
      () => {
        const found = some(g, scope, ['int'])
        return (
          found && tagged(g, 'array_agg', `array_agg(${distinct(g)}${found.sql} ORDER BY ${found.sql}${order})`, 'ints')
        )
      },
      () => {
        const found = some(g, scope, ['text'])
        return found && tagged(g, 'array_agg', `array_agg(${found.sql} ORDER BY ${found.sql}${order})`, 'texts')
      },
      () => {
        const found = some(g, scope, ['text'])
        return (
          found && tagged(g, 'string_agg', `string_agg(${distinct(g)}${found.sql}, ',' ORDER BY ${found.sql})`, 'text')
        )
      },
      () => {
        const found = some(g, scope, ['int', 'text'])
        return found && tagged(g, 'jsonb_agg', `jsonb_agg(${found.sql} ORDER BY ${found.sql}${order})`, 'json')
      },
      () => {
        const found = some(g, scope, ['int', 'money', 'numeric', 'float'])
        const part = g.random.pick(['0', '0.5', '0.9'])
        return (
          found && tagged(g, 'percentile', `percentile_cont(${part}) WITHIN GROUP (ORDER BY ${found.sql})`, 'float')
        )
      },
      () => {
        const found = some(g, scope, ['int', 'text', 'date', 'mood', 'numeric', 'folded'])
        return found && tagged(g, 'percentile', `percentile_disc(0.5) WITHIN GROUP (ORDER BY ${found.sql})`, found.kind)
      },
      () => {
        const found = some(g, scope, ['int', 'text', 'mood', 'bool', 'folded'])
        return found && tagged(g, 'mode', `mode() WITHIN GROUP (ORDER BY ${found.sql})`, found.kind)
      },
      () => {
        const found = some(g, scope, exactNumbers)
        const name = g.random.pick(['variance', 'var_pop', 'stddev', 'stddev_pop'])
        return found && tagged(g, 'variance', `${name}(${distinct(g)}${found.sql})`, 'numeric')
      },
      () => {
        const found = some(g, scope, ['int'])
        return (
          found && tagged(g, 'bit_and/or', `${g.random.pick(['bit_and', 'bit_or', 'bit_xor'])}(${found.sql})`, 'int')
        )
      },
    ],
    () => added(g, scope),
  )
}

function statistical(g: Grammar, scope: Scope): Expression | undefined {
  const [left, right] = [some(g, scope, ['int', 'small']), some(g, scope, ['int', 'small'])]
  if (left === undefined || right === undefined) return undefined
  const name = g.random.pick([
    'covar_pop',
    'covar_samp',
    'corr',
    'regr_slope',
    'regr_intercept',
    'regr_r2',
    'regr_avgx',
  ])
  // Of large numbers the last bits, which depend on the order of the rows, would not be small.
  const pair = `(${left.sql} % 10)::double precision, (${right.sql} % 7)::double precision`
  return tagged(g, 'regression', `${name}(${pair})`, 'noisy')
}

function tagged(g: Grammar, tag: string, sql: string, kind: Kind): Expression {
  g.tag(tag)
  return expression(sql, kind)
}
