import type { Output } from '../ir/types.js'
import { columnOf, type Node, rewrite, sameTree, walk } from '../parse/ast.js'
import { expressionOf } from '../parse/parse.js'
import { type Aggregate, type AggregateKind, type Grouped, isSpread, type PartRole } from './aggregates.js'

/** Name under which an output's expression finds what is kept of its group. */
export const stateAlias = 'tidemark_t'

/** The names of a group's values and of the parts of its state, in the row named `stateAlias`. */
export interface StateNames {
  group(index: number): string
  part(index: number, role: PartRole): string
}

/**
 * An output's expression over the group's values and its state instead of the rows. Undefined where it also reads a
 * column that only depends on the group, as PostgreSQL allows after GROUP BY of a primary key.
 */
export function overState(
  { expression }: Output,
  { groups, aggregates }: Grouped,
  names: StateNames,
): Node | undefined {
  const rewritten = rewrite(expression.ast, (value) => {
    const node = value as Node
    const group = groups.findIndex(({ ast }) => sameTree(ast, node))
    if (group >= 0) return reference(names.group(group))
    const index = aggregates.findIndex(({ call }) => sameTree(call, node))
    const aggregate = aggregates[index]
    return aggregate === undefined ? undefined : resultOf(aggregate, index, names)
  })
  return readsRows(rewritten) ? undefined : rewritten
}

function resultOf({ kind }: Aggregate, index: number, names: StateNames): Node {
  const part = (role: PartRole): string => `"${stateAlias}"."${names.part(index, role)}"`
  if (isSpread(kind)) return expressionOf(spread(kind, part('count'), part('sum'), part('square')))
  switch (kind) {
    case 'count':
      return reference(names.part(index, 'count'))
    case 'sum':
      return reference(names.part(index, 'sum'))
    case 'min':
    case 'max':
      return reference(names.part(index, 'extreme'))
    case 'avg':
      return expressionOf(`CASE WHEN ${part('count')} > 0 THEN ${part('sum')}::numeric / ${part('count')} END`)
    case 'bool_and':
      return expressionOf(`CASE WHEN ${part('count')} > 0 THEN ${part('true')} = ${part('count')} END`)
    case 'bool_or':
      return expressionOf(`CASE WHEN ${part('count')} > 0 THEN ${part('true')} > 0 END`)
  }
}

/**
 * As PostgreSQL computes it for whole and decimal numbers: to the same digit. The root is rounded to as many digits as
 * the variance has; sqrt() can give more, and rounding those once more can go one too far.
 */
function spread(kind: AggregateKind, count: string, sum: string, square: string): string {
  const sample = kind.endsWith('samp')
  const numerator = `(${count} * ${square} - ${sum}::numeric * ${sum})`
  const divisor = sample ? `(${count}::numeric * (${count} - 1))` : `(${count}::numeric * ${count})`
  const variance = `CASE WHEN ${count} > ${sample ? 1 : 0} THEN CASE WHEN ${numerator} > 0 THEN ${numerator} / ${divisor} ELSE 0::numeric END END`
  if (kind.startsWith('var')) return variance
  const digits = `pg_catalog.scale(${spreadAlias}.v)`
  const half = `('5e-' || ${digits} + 1)::numeric`
  return `(SELECT CASE WHEN ${spreadAlias}.v = 0 THEN ${spreadAlias}.v
    WHEN ${spreadAlias}.r > 0 AND ${spreadAlias}.v < (${spreadAlias}.r - ${half}) * (${spreadAlias}.r - ${half})
      THEN ${spreadAlias}.r - ('1e-' || ${digits})::numeric
    ELSE ${spreadAlias}.r END FROM (SELECT ${spreadAlias}.v, pg_catalog.round(pg_catalog.sqrt(${spreadAlias}.v), ${digits}) AS r
      FROM (SELECT ${variance} AS v) ${spreadAlias}) ${spreadAlias})`
}

/** Of the row in which a variance stands, to compute its root. */
const spreadAlias = 'tidemark_spread'

function reference(name: string): Node {
  return columnOf(stateAlias, name)
}

const ownAliases = new Set([stateAlias, spreadAlias])

function readsRows(ast: Node): boolean {
  let found = false
  walk(ast, (kind, body) => {
    if (kind !== 'ColumnRef') return undefined
    const [first] = (body.fields ?? []) as readonly Node[]
    if (first === undefined || !('String' in first) || !ownAliases.has(first.String.sval ?? '')) found = true
    return false
  })
  return found
}
