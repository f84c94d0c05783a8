import { isNullable, isNullableColumn } from '../analyze/nullable.js'
import { origins } from '../analyze/origins.js'
import { isSliceable } from '../analyze/sliceable.js'
import {
  type Block,
  type BlockItem,
  type Output,
  outputNames,
  type ScopedColumn,
  type SelectBlock,
  type Subquery,
  storedName,
  type TableItem,
} from '../ir/types.js'
import { columnOf, type Node } from '../parse/ast.js'
import { toSql } from '../parse/parse.js'
import { placeOf } from '../places/place.js'
import type { Reason } from '../reasons.js'
import { exampleOf, withoutNulls } from './linkHints.js'
import type { Step } from './occurrences.js'

/**
 * How a change within a nested query is led to the rows around it that it can concern: only those whose `outer` column
 * equals a value that `column` of `block` has in a row which comes or goes.
 */
export interface Links {
  /** The nested query's rows before they are grouped, windowed or limited, with what is compared as its columns. */
  readonly block: SelectBlock
  /** From that block to the table. */
  readonly steps: readonly Step[]
  readonly equal: readonly { readonly column: string; readonly outer: ScopedColumn }[]
}

/** A query that is run for each row of the block it stands in. */
export interface Nested {
  readonly ast: Node
  readonly block: Block
  /** Outer joins whose match it decides on. */
  readonly within: readonly number[]
  readonly compared: readonly Compared[]
  /** Why the rows around it cannot be told, should it have no links. */
  readonly why: () => Reason
}

/** An output column of a nested query: a row around it is concerned only by rows in which it equals `outer`. */
interface Compared {
  readonly name: string
  readonly outer: ScopedColumn
}

export function lateral(item: BlockItem): Nested {
  const why = (): Reason => ({
    code: 'lateral_subquery',
    reason: 'It is read in a LATERAL subquery whose WHERE sets no column equal to one of the rows beside it.',
    hint: `Compare by an equality in it, beside what else is compared, what can be compared so${exampleOf(item.block)}; or number the rows with \`row_number() OVER (PARTITION BY …)\` and filter by that.`,
    place: placeOf(item.ast),
  })
  return { ast: item.ast, block: item.block, within: item.nullableBy, compared: [], why }
}

export function nestedIn(block: SelectBlock, subquery: Subquery): Nested {
  const all = named(subquery)
  const compared = all.filter(({ name, outer }) => isCompared(block, subquery, name, outer))
  const why = (): Reason => whyNoLink(block, subquery, all, compared)
  return { ast: { SubLink: subquery.ast }, block: subquery.block, within: subquery.within, compared, why }
}

function named({ block, compared }: Subquery): Compared[] {
  const names = outputNames(block)
  return compared.map(({ outer, position }) => ({ name: names[position] ?? '', outer }))
}

/**
 * Whether only rows with the same value matter. Without NULLs always; a NULL on either side makes IN depend on whether
 * there are other rows, though not where NULL is as good as false.
 */
function isCompared(block: SelectBlock, subquery: Subquery, name: string, outer: ScopedColumn): boolean {
  if (!isSliceable(subquery.block, name)) return false
  return subquery.isCondition || (!isNullable(subquery.block, name) && !canBeNull(block, subquery, outer))
}

function canBeNull(block: SelectBlock, { within }: Subquery, column: ScopedColumn): boolean {
  const own = column.items === block.items
  if (own && within.length === 0) return block.groupingSets || isNullableColumn(block, column)
  const item = column.items[column.item]
  if (item?.kind !== 'table' || !item.nullableBy.every((join) => own && within.includes(join))) return true
  const stored = item.sourceColumns[item.columns.indexOf(column.column)]
  return !item.relation.columns.some((facts) => facts.name === stored && facts.notNull)
}

function whyNoLink(
  around: SelectBlock,
  subquery: Subquery,
  all: readonly Compared[],
  compared: readonly Compared[],
): Reason {
  const place = { node: subquery.ast }
  const hindered = all.filter(({ name }) => !compared.some((other) => other.name === name))
  if (hindered.some(({ name }) => isSliceable(subquery.block, name))) {
    return {
      code: 'nullable_comparison',
      reason:
        'It is read in a NOT IN (or an IN whose result is more than a condition), and a NULL on either side of that ' +
        'makes each row depend on all of its rows.',
      hint: withoutNulls(around, subquery, all, nullableColumns(around, subquery, hindered)),
      place,
    }
  }
  if (!subquery.correlated && all.length === 0) {
    return {
      code: 'uncorrelated_subquery',
      reason: 'It is read in a subquery that is the same for every row, so a change of it can change them all.',
      hint: 'Add what it gives where the view is read; or make it a view of its own, and join that there. A column can equal an aggregate: `WHERE … = (SELECT max(…) …)`.',
      place,
    }
  }
  return {
    code: 'subquery',
    reason: 'It is read in a subquery whose WHERE sets no column equal to a column of the rows around it.',
    hint: `Compare by an equality of plain columns in its WHERE, beside what else is compared, what can be compared so${exampleOf(subquery.block)}.`,
    place,
  }
}

/** Those of the compared columns that can be NULL and are columns of a table, as `table.column`. */
function nullableColumns(around: SelectBlock, subquery: Subquery, hindered: readonly Compared[]): string[] {
  const { block } = subquery
  const found = hindered.flatMap(({ name, outer }) => [
    ...(isNullable(block, name) ? origins(block, name).slice(0, 1) : []).map(({ item, stored }) =>
      columnName(item, stored),
    ),
    ...(canBeNull(around, subquery, outer) ? storedColumn(outer) : []),
  ])
  return [...new Set(found)]
}

function storedColumn({ items, item, column }: ScopedColumn): string[] {
  const table = items[item]
  return table?.kind === 'table' ? [columnName(table, storedName(table, column))] : []
}

function columnName({ relation }: TableItem, column: string): string {
  return toSql(columnOf(relation.name, column))
}

/** Every set of links between a nested query and the blocks around it, for the table at the end of these steps. */
export function linksOf(block: Block, steps: readonly Step[], compared: readonly Compared[]): Links[] {
  const [step, ...rest] = steps
  if (step === undefined || block.kind === 'opaque') return []
  if (block.kind === 'set') {
    const arm = block.arms[step.index === 0 ? 0 : 1]
    const names = outputNames(arm)
    const inArm = compared.map(({ name, outer }) => ({ name: names[block.names.indexOf(name)] ?? '', outer }))
    return linksOf(arm, rest, inArm)
  }
  return [...ownLinks(block, steps, compared), ...linksWithin(block, step, rest)]
}

function linksWithin(block: SelectBlock, step: Step, rest: readonly Step[]): Links[] {
  if (step.into === 'subquery') {
    const subquery = block.subqueries[step.index]
    return subquery === undefined ? [] : linksOf(subquery.block, rest, nestedIn(block, subquery).compared)
  }
  const item = block.items[step.index]
  return item?.kind === 'block' ? linksOf(item.block, rest, []) : []
}

function ownLinks(block: SelectBlock, steps: readonly Step[], compared: readonly Compared[]): Links[] {
  const outputs: Output[] = []
  const equal: { column: string; outer: ScopedColumn }[] = []
  const add = (expression: Output['expression'], outer: ScopedColumn): void => {
    const column = `c${outputs.length}`
    outputs.push({ name: column, expression })
    equal.push({ column, outer })
  }
  for (const { column, outer } of block.correlations) {
    const alias = block.items[column.item]?.alias ?? ''
    const ast = columnOf(alias, column.column)
    const flags = { outer: false, aggregate: false, window: false, subquery: false, setReturning: false, clock: false }
    add({ ast, columns: [column], ...flags }, outer)
  }
  for (const { name, outer } of compared) {
    const expression = block.outputs.find((output) => output.name === name)?.expression
    if (expression !== undefined) add(expression, outer)
  }
  if (equal.length === 0) return []
  const rows: SelectBlock = {
    ...block,
    outputs,
    group: undefined,
    groupingSets: false,
    partitions: [],
    distinct: 'no',
    limited: false,
  }
  return [{ block: rows, steps, equal }]
}
