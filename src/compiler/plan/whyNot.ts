import type { GroupingSet } from '@pgsql/types'
import { isSliceable } from '../analyze/sliceable.js'
import { readAggregate } from '../delta/aggregates.js'
import { isAggregate } from '../delta/shape.js'
import type { QueryFacts } from '../facts.js'
import { type Block, outputNames, type SelectBlock } from '../ir/types.js'
import { windowCalls } from '../ir/windows.js'
import { functionName, type Node, names, sameTree, walk } from '../parse/ast.js'
import { toSql } from '../parse/parse.js'
import { clauseOf, placeOf } from '../places/place.js'
import type { Reason } from '../reasons.js'

/** Why a query has no column along which it can be cut into slices. */
export function whyNoSliceKey(block: Block, facts: QueryFacts): Reason {
  if (block.kind === 'opaque') return whyOpaque(block.code, `It has ${block.reason}.`, block.place)
  if (block.limited) {
    return {
      code: 'limit',
      reason: 'LIMIT or OFFSET picks rows from the whole result, so every change can move any row in or out.',
      hint: 'Move it to the end of the query, where it is left to the reading; or number the rows of each group with `row_number() OVER (PARTITION BY …)` and filter by that.',
      place: clauseOf(block.ast, 'limit'),
    }
  }
  if (block.kind === 'set') {
    return {
      code: 'no_slice_key',
      reason: 'No column can be followed through every arm.',
      hint: 'Return in each arm, at the same place, a plain column of its tables, such as the key of the rows.',
      place: { node: block.ast },
    }
  }
  return whyNotCut(block, facts)
}

/** The same for a query that has no such column at all, where something in it is the cause; else undefined. */
export function whyNoSlices(block: Block, facts: QueryFacts): Reason | undefined {
  if (outputNames(block).some((name) => isSliceable(block, name))) return undefined
  const why = whyNoSliceKey(block, facts)
  return why.code === 'no_slice_key' ? undefined : why
}

function whyNotCut(block: SelectBlock, facts: QueryFacts): Reason {
  if (block.groupingSets) return whyGroupingSets(block)
  if (block.group !== undefined && block.group.length === 0) return whyOneGroup(block, facts)
  const shared = block.partitions.length > 0 ? whyWindows(block) : undefined
  if (shared !== undefined) return shared
  const nested = block.items.flatMap((item) => (item.kind === 'block' ? [whyNoSliceKey(item.block, facts)] : []))
  const deeper = nested.find(({ code }) => code !== 'no_slice_key')
  if (deeper !== undefined) return deeper
  return whyNoColumn(block)
}

/** A shape that is not looked into. */
export function whyOpaque(code: Reason['code'], reason: string, place: Reason['place']): Reason {
  const hints: Partial<Record<Reason['code'], string>> = {
    recursive:
      'Keep what is expensive in it, such as an aggregate over the table, in a view of its own, and let this one read that.',
    values:
      'Return the values as columns of one row: `SELECT (SELECT …) AS …, (SELECT …) AS …`; or write a SELECT for each row, with UNION ALL between them.',
  }
  const hint =
    hints[code] ?? 'Write it in another way; or make that part a view of its own, so that only that one is recomputed.'
  return { code, reason, hint, place }
}

function whyGroupingSets({ ast }: SelectBlock): Reason {
  const [only] = (ast.groupClause ?? []).filter((node) => 'GroupingSet' in node)
  const set = only !== undefined && 'GroupingSet' in only ? only.GroupingSet : undefined
  return {
    code: 'grouping_sets',
    reason: 'GROUPING SETS, ROLLUP and CUBE put each row into several groups, and these share no column.',
    hint: `Group by a column in every set${factoredOut(set)}; or keep the finest grouping in the view, and roll it up where it is read.`,
    place: placeOf(only),
  }
}

function factoredOut(set: GroupingSet | undefined): string {
  const [first, ...rest] = set?.content ?? []
  if (first === undefined || rest.length === 0 || set?.kind === 'GROUPING_SET_SETS') return ''
  const name = set?.kind === 'GROUPING_SET_CUBE' ? 'CUBE' : 'ROLLUP'
  return `, as in \`GROUP BY ${toSql(first)}, ${name} (${rest.map((node) => toSql(node)).join(', ')})\``
}

function whyOneGroup(block: SelectBlock, facts: QueryFacts): Reason {
  const calls: Node[] = []
  walk([block.ast.targetList, block.ast.havingClause], (kind, body) => {
    if (kind === 'SubLink') return false
    const call: Node | undefined = kind === 'FuncCall' ? { FuncCall: body } : undefined
    if (call !== undefined && isAggregate(call, facts)) calls.push(call)
    return undefined
  })
  const drifting = calls.find((call) => isFloatingSum(block, call, facts))
  if (drifting !== undefined) {
    return {
      code: 'aggregate_over_everything',
      reason: `It aggregates all rows into one, and ${functionName(drifting)} of floating-point numbers drifts when what changed is added to it.`,
      hint: `Cast what is added up: \`${castArgument(drifting)}\`. Or group by something, such as a day.`,
      place: placeOf(drifting),
    }
  }
  const unknown = calls.find((call) => readAggregate(call) === undefined)
  const what = unknown === undefined ? undefined : `${functionName(unknown)}(…)`
  return {
    code: 'aggregate_over_everything',
    reason:
      what === undefined
        ? 'It aggregates all rows into one, so every change touches the only slice there is.'
        : `It aggregates all rows into one, and what changed cannot be added to ${what}.`,
    hint:
      what === undefined
        ? 'Group by something, such as a day, and return that. Over inner joins alone, what changed is added to counts and sums.'
        : `Group by something, such as a day, and return that; or leave ${what} to a view of its own, so that only that one is recomputed.`,
    place: placeOf(unknown ?? calls[0]) ?? clauseOf(block.ast, 'targets'),
  }
}

function isFloatingSum(block: SelectBlock, call: Node, facts: QueryFacts): boolean {
  if (!['sum', 'avg'].includes(functionName(call) ?? '')) return false
  const name = block.outputs.find((output) => sameTree(output.expression.ast, call))?.name
  return facts.output.some((column) => column.name === name && /^(real|double precision)/.test(column.type))
}

function castArgument(call: Node): string {
  const argument = 'FuncCall' in call ? call.FuncCall.args?.[0] : undefined
  if (argument === undefined) return toSql(call)
  const text = toSql(argument)
  return `${functionName(call)}(${'ColumnRef' in argument ? text : `(${text})`}::numeric)`
}

function whyWindows(block: SelectBlock): Reason | undefined {
  const calls = windowCalls(block.ast)
  const whole = block.partitions.findIndex((partition) => partition.length === 0)
  if (whole >= 0) {
    const name = names(calls[whole]?.funcname).at(-1) ?? 'the function'
    return {
      code: 'window_over_everything',
      reason: 'A window function without PARTITION BY looks at all rows at once.',
      hint: `Partition it where that is what is meant: \`${name}(…) OVER (PARTITION BY …)\`, by a column that the view returns. Else leave it to the query that reads the view.`,
      place: place(calls[whole]),
    }
  }
  const [first = [], ...others] = block.partitions
  const shared = first.filter(({ ast }) => others.every((list) => list.some((other) => sameTree(other.ast, ast))))
  if (shared.some(({ ast }) => block.outputs.some((output) => sameTree(output.expression.ast, ast)))) return undefined
  if (shared.length > 0) {
    const list = shared.map(({ ast }) => toSql(ast)).join(', ')
    return {
      code: 'window_over_everything',
      reason: `Its windows are partitioned by ${list}, which the view does not return as it stands in the tables.`,
      hint: `Return ${list}: \`SELECT ${list}, …\`.`,
      place: clauseOf(block.ast, 'targets'),
    }
  }
  return {
    code: 'window_over_everything',
    reason: 'Its window functions share no PARTITION BY column.',
    hint: 'Partition them all by one column that the view returns, beside others; or make a view for each partitioning, and join them where they are read.',
    place: place(calls.at(-1)),
  }
}

function place(body: object | undefined): Reason['place'] {
  return body && { node: body }
}

function whyNoColumn(block: SelectBlock): Reason {
  const returned = (ast: Node): boolean => block.outputs.some((output) => sameTree(output.expression.ast, ast))
  const missing = (block.group ?? []).filter(({ ast }) => !returned(ast))
  const shared = {
    code: 'no_slice_key' as const,
    reason: 'No column of the result (a group, a partition or a plain column) can be followed back to the tables.',
  }
  if (missing.length === 0) {
    const hint = 'Return a plain column of the tables, such as the key of the rows.'
    return { ...shared, hint, place: clauseOf(block.ast, 'targets') }
  }
  const list = missing.map(({ ast }) => toSql(ast)).join(', ')
  const hint = `Return what it groups by: \`SELECT ${list}, …\`.`
  return { ...shared, hint, place: clauseOf(block.ast, 'group') }
}
