import type { SelectStmt } from '@pgsql/types'
import { mayFail } from '../analyze/mayFail.js'
import { distinctAsGroups } from '../delta/distinct.js'
import { relationsOf } from '../delta/flat.js'
import { aggregateShape, shownColumn, stateColumns } from '../delta/shape.js'
import type { QueryFacts } from '../facts.js'
import { buildQuery } from '../ir/build.js'
import { type Block, outputNames, type SelectBlock } from '../ir/types.js'
import { type Node, sameTree } from '../parse/ast.js'
import { toSql } from '../parse/parse.js'
import { hasFineSlices } from '../plan/fineSlices.js'
import { wholeSources } from '../plan/sourceKeys.js'
import { looksHidden } from './hidden.js'
import type { Kept } from './kept.js'
import { withoutLimit } from './limit.js'

export interface KeepOptions {
  /** Whether what deltas need may be kept too. */
  readonly delta: boolean
  /** Whether something may be left to the reading. A piece of a view is read as it is stored. */
  readonly reading: boolean
}

/** What to keep of a query; undefined when it is just its result. */
export function keepQuery(facts: QueryFacts, options: KeepOptions): Kept | undefined {
  const original = buildQuery(facts)
  const visible = outputNames(original)
  if (!facts.faithful || visible.some(looksHidden)) return undefined
  const unlimited = options.reading ? withoutLimit(original) : undefined
  if (unlimited === undefined && original.kind === 'select' && original.limited) return undefined
  const ast = unlimited?.ast ?? original.ast
  const root = unlimited === undefined ? original : buildQuery({ ...facts, canonical: toSql(ast) })
  const finishes = ast.havingClause !== undefined
  const grouped = groupedAst(root)
  const groups = grouped === root.ast ? root : buildQuery({ ...facts, canonical: toSql(grouped) })
  const states = options.delta && (options.reading || !finishes) ? deltaColumns(groups, facts) : undefined
  if (unlimited === undefined && states === undefined) return undefined
  const having = states === undefined ? undefined : ast.havingClause
  return {
    query: toSql(states === undefined ? ast : withStates(grouped, states, having, root)),
    visible,
    shown: having === undefined ? undefined : shownColumn,
    reading: unlimited?.reading,
    delta: states !== undefined,
    comparable: toSql(
      original.kind === 'set' ? ast : { ...ast, targetList: (ast.targetList ?? []).slice(0, visible.length) },
    ),
  }
}

/** DISTINCT rows are counted as groups. */
function groupedAst(root: Block): SelectStmt {
  return root.kind === 'select' ? distinctAsGroups(root) : root.ast
}

interface Column {
  readonly name: string
  readonly ast: Node
}

/** The columns that deltas need; undefined where slices are finer, or deltas cannot be exact. */
function deltaColumns(root: Block, facts: QueryFacts): Column[] | undefined {
  const shape = aggregateShape(root, facts)
  if (shape === undefined) return undefined
  if (hasFineSlices(root, facts) && wholeSources(facts, root).whole.size === 0) return undefined
  const uncaptured = new Set(['foreign', 'matview', 'system'])
  if (relationsOf(shape.join).some(({ kind }) => uncaptured.has(kind))) return undefined
  const outputs = new Set(outputNames(root))
  return [...new Map([...stateColumns(shape).values()].map((column) => [column.name, column])).values()].filter(
    ({ name }) => !outputs.has(name),
  )
}

function withStates(ast: SelectStmt, states: readonly Column[], having: Node | undefined, root: Block): SelectStmt {
  const { havingClause: _, ...rest } = ast
  const { targetList = [] } = ast
  const own =
    having === undefined || root.kind !== 'select' ? targetList : targetList.map((one) => guarded(one, having, root))
  const shown = having === undefined ? [] : [{ name: shownColumn, ast: isTrue(having) }]
  const added = [...states, ...shown].map(({ name, ast: val }): Node => ({ ResTarget: { name, val } }))
  return { ...rest, targetList: [...own, ...added] }
}

/** What HAVING keeps a group away from, such as a division by its count, is not computed for the groups that nobody sees. */
function guarded(target: Node, having: Node, { items, group = [] }: SelectBlock): Node {
  if (!('ResTarget' in target) || !mayFail(target.ResTarget.val, items)) return target
  const { val } = target.ResTarget
  if (group.some(({ ast }) => sameTree(ast, val))) return target
  const when: Node = { CaseWhen: { expr: having, ...(val && { result: val }) } }
  return { ResTarget: { ...target.ResTarget, val: { CaseExpr: { args: [when] } } } }
}

/** HAVING leaves out what is false and what is NULL alike. (As a call, whose argument needs no parentheses.) */
function isTrue(condition: Node): Node {
  return { CoalesceExpr: { args: [condition, { A_Const: { boolval: { boolval: false } } }] } }
}
