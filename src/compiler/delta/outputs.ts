import type { Output } from '../ir/types.js'
import { columnOf, type Node, rewrite, sameTree, walk } from '../parse/ast.js'
import { expressionOf } from '../parse/parse.js'
import type { Aggregate, Grouped } from './aggregates.js'

/** Name under which an output's expression finds what is kept of its group. */
export const stateAlias = 'tidemark_t'

/** The names of a group's values and of the parts of its state, in the row named `stateAlias`. */
export interface StateNames {
  group(index: number): string
  part(index: number, role: 'sum' | 'count' | 'true' | 'extreme'): string
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
  const part = (role: Parameters<StateNames['part']>[1]): string => `"${stateAlias}"."${names.part(index, role)}"`
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

function reference(name: string): Node {
  return columnOf(stateAlias, name)
}

function readsRows(ast: Node): boolean {
  let found = false
  walk(ast, (kind, body) => {
    if (kind !== 'ColumnRef') return undefined
    const [first] = (body.fields ?? []) as readonly Node[]
    if (first === undefined || !('String' in first) || first.String.sval !== stateAlias) found = true
    return false
  })
  return found
}
