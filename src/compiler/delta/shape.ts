import { clockOf, isReason } from '../clock/clock.js'
import { isExactType, looksExact } from '../exactTypes.js'
import type { QueryFacts } from '../facts.js'
import { isAggregateCall } from '../ir/expression.js'
import type { Block, SelectBlock } from '../ir/types.js'
import { hiddenColumn, looksHidden } from '../keep/hidden.js'
import { type Node, sameTree } from '../parse/ast.js'
import { collectAggregates, countOfRows, type Grouped, type PartRole, stateOf } from './aggregates.js'
import { type FlatJoin, flatJoin, tablesOf } from './flat.js'
import { overState, type StateNames } from './outputs.js'
import { hasFixedScale } from './scale.js'

/** An aggregate query whose groups can be brought up to date by adding what changed. */
export interface AggregateShape extends Grouped {
  readonly block: SelectBlock
  readonly join: FlatJoin
}

export interface AddedColumn {
  readonly name: string
  readonly ast: Node
}

/** The shape of a query that can be maintained by deltas; undefined for any other. */
export function aggregateShape(root: Block, facts: QueryFacts): AggregateShape | undefined {
  if (root.kind !== 'select' || root.group === undefined || !facts.faithful) return undefined
  const clock = clockOf(facts, root, 'UTC')
  if (clock !== undefined && (isReason(clock) || clock.windows.length > 0)) return undefined
  const join = flatJoin(root)
  if (join === undefined || tablesOf(join).length === 0) return undefined
  const groups = root.group.map(({ ast }) => ({
    column: root.outputs.find((output) => sameTree(output.expression.ast, ast))?.name ?? '',
    ast,
  }))
  if (groups.some(({ column }) => column === '')) return undefined
  const own = root.outputs.filter((output) => !isState(output.name))
  const asts = own.map((output) => output.expression.ast)
  const expressions = root.ast.havingClause === undefined ? asts : [...asts, root.ast.havingClause]
  const aggregates = collectAggregates(
    expressions,
    (node) => isAggregate(node, facts),
    (argument) => hasFixedScale(argument, root.items),
  )
  if (aggregates === undefined) return undefined
  const shape = { block: root, join, aggregates, groups }
  return own.every((output) => overState(output, shape, anyNames) !== undefined) ? shape : undefined
}

const anyNames: StateNames = { group: () => 'g', part: () => 's' }

export function isAggregate(node: Node, facts: QueryFacts): boolean {
  return 'FuncCall' in node && isAggregateCall(node.FuncCall as Readonly<Record<string, unknown>>, facts)
}

const stateName = (aggregate: number, role: PartRole): string => hiddenColumn(`${role}_${aggregate}`)
export const rowsColumn = hiddenColumn('rows')
export const shownColumn = hiddenColumn('shown')

function isState(name: string): boolean {
  return looksHidden(name) && name !== shownColumn && !name.startsWith(hiddenColumn('sort_'))
}

/** The column in which a part of an aggregate's state is kept: an output that is the same, or one of our own. */
export function stateColumns({ aggregates, block }: AggregateShape): Map<string, AddedColumn> {
  const columns = new Map<string, AddedColumn>()
  const add = (wanted: string, ast: Node): void => {
    const same =
      block.outputs.find((output) => sameTree(output.expression.ast, ast))?.name ??
      [...columns.values()].find((column) => sameTree(column.ast, ast))?.name
    columns.set(wanted, { name: same ?? wanted, ast })
  }
  add(rowsColumn, countOfRows)
  for (const [index, aggregate] of aggregates.entries()) {
    for (const { role, call } of stateOf(aggregate)) add(stateName(index, role), call)
  }
  return columns
}

export function stateColumn(columns: ReadonlyMap<string, AddedColumn>, index: number, role: PartRole): string {
  return columns.get(stateName(index, role))?.name ?? stateName(index, role)
}

export const summed = /^(bigint|numeric)/
export const compared = /^(numeric|double precision|real|interval|time)/

/**
 * Whether all rows of a group have the same values, not merely equal ones such as 1.0 and 1.00: the one that is kept
 * would not be one that is still there.
 */
export function hasExactGroups({ groups, block }: AggregateShape, { output }: QueryFacts): boolean {
  return groups.every(({ column, ast }) => {
    const facts = output.find(({ name }) => name === column)
    return facts !== undefined && (looksExact(facts) || (facts.type === 'numeric' && hasFixedScale(ast, block.items)))
  })
}

/** Whether what is kept can be added to exactly. Sums of floating-point numbers drift. */
function isExact(shape: AggregateShape, facts: QueryFacts): boolean {
  const columns = stateColumns(shape)
  const output = (name: string) => facts.output.find((candidate) => candidate.name === name)
  if (!hasExactGroups(shape, facts)) return false
  return shape.aggregates.every((aggregate, index) =>
    stateOf(aggregate).every(({ role }) => {
      const name = stateColumn(columns, index, role)
      const column = output(name)
      if (column === undefined) return false
      if (role === 'sum' || role === 'square') return summed.test(column.type)
      return role !== 'extreme' || isExactType(column) || compared.test(column.type)
    }),
  )
}

/** The shape of a query that keeps what deltas need, if they are exact. */
export function exactShape(root: Block, facts: QueryFacts): AggregateShape | undefined {
  const shape = aggregateShape(root, facts)
  return shape !== undefined && isExact(shape, facts) ? shape : undefined
}
