import type { QueryFacts } from '../facts.js'
import { readExpression, resolveColumn } from '../ir/expression.js'
import {
  type Block,
  type Condition,
  type Expression,
  type SelectBlock,
  storedName,
  type TableItem,
} from '../ir/types.js'
import { columnOf, type Node, rewrite } from '../parse/ast.js'
import { parseSelect } from '../parse/parse.js'
import { type Place, placeOf } from '../places/place.js'
import { placeOfRelation } from '../places/readers.js'
import type { Reason } from '../reasons.js'
import { ownReadings, type Reading, readingsIn, readingsOutsideQueries } from './find.js'
import { comparisonWithClock, isCondition } from './range.js'
import { clockName, clockRead, readsClock } from './reading.js'
import { stepOf } from './steps.js'
import { isNullWithoutRow } from './strict.js'
import { type Clock, rowAlias, type Window, type WindowPlace, type WindowRange } from './types.js'

/**
 * How the clock goes into a query: as conditions over one table's rows, or in steps. The reason why it cannot be
 * followed, when it goes into it in any other way; undefined when it does not at all.
 */
export function clockOf(facts: QueryFacts, root: Block, timeZone: string): Clock | Reason | undefined {
  const behind = [...facts.relations.values()].filter(
    ({ kind, definition }) => kind === 'view' && definition !== undefined && readsClock(parseSelect(definition)),
  )
  const [view] = behind
  if (view === undefined && !readsClock(root.ast)) return undefined
  const reader = new ClockReader(facts, timeZone === 'UTC')
  reader.visit(root)
  const missed = reader.missed()
  if (missed !== undefined) return notFollowed(clockName(missed), placeOf(missed))
  // Rows of a view that is read where the analysis does not look.
  if (reader.isOpaque && view !== undefined) return notFollowed('in a view', placeOfRelation(root.ast, view, facts))
  return facts.faithful ? reader : notFollowed('in a query whose text cannot be varied', undefined)
}

export function isReason(found: Clock | Reason): found is Reason {
  return 'code' in found
}

function notFollowed(name: string, place: Place | undefined): Reason {
  return {
    code: 'clock',
    reason:
      `It reads the clock (${name}) other than by comparing it with a column of one table, or in steps of a minute or ` +
      'more, so its result changes with time alone.',
    hint: "Compare a column with `now()`, as in `ts > now() - interval '1 day'`; or return the column, and leave the clock to whoever reads the view.",
    place,
  }
}

class ClockReader implements Clock {
  readonly windows: Window[] = []
  readonly steps: Node[] = []
  readonly places = new Map<SelectBlock, WindowPlace[]>()
  isOpaque = false
  private readonly present = new Set<Node>()
  private readonly followed = new Set<Node>()
  private readonly lost: Node[] = []

  constructor(
    private readonly facts: QueryFacts,
    private readonly utc: boolean,
  ) {}

  visit(block: Block): void {
    for (const reading of readingsIn(block.ast)) this.present.add(ofClock(reading))
    if (block.kind === 'opaque') this.isOpaque = true
    if (block.kind === 'set') for (const arm of block.arms) this.visit(arm)
    if (block.kind !== 'select') return
    const here = new Set<Node>()
    for (const reading of ownReadings(block)) {
      if (here.has(ofClock(reading))) continue
      const together = this.follow(block, reading)
      if (together.length === 0) this.lost.push(ofClock(reading))
      for (const node of together) {
        here.add(node)
        this.followed.add(node)
      }
    }
    for (const place of [...block.items, ...block.subqueries]) if ('block' in place) this.visit(place.block)
  }

  /** A reading of the clock that stands where it cannot be followed. */
  missed(): Node | undefined {
    return this.lost[0] ?? [...this.present].find((node) => !this.followed.has(node))
  }

  /** The readings that are dealt with, all those of one condition together; none when it cannot be followed. */
  private follow(block: SelectBlock, reading: Reading): readonly Node[] {
    if (clockRead(ofClock(reading)) !== 'moment') return []
    const condition = [...reading].reverse().find(isCondition)
    if (condition !== undefined && this.followCondition(block, condition)) {
      return readingsOutsideQueries(condition).map(ofClock)
    }
    const step = stepOf(reading)
    if (step === undefined) return []
    this.steps.push(step)
    return [ofClock(reading)]
  }

  private followCondition(block: SelectBlock, condition: Node): boolean {
    if (readingsOutsideQueries(condition).some((reading) => clockRead(ofClock(reading)) !== 'moment')) return false
    const windows: Window[] = []
    const items = this.lower(block, condition, windows)
    if (items === undefined) return false
    this.windows.push(...windows)
    this.places.set(block, [...(this.places.get(block) ?? []), { condition, items }])
    return true
  }

  /**
   * Follows a condition to the tables whose rows it is about, and answers by which items. A column that a nested query
   * hands on is of the same row there, whatever else is done with it: grouped by, it is the group's. Undefined where it
   * is not of one row.
   */
  private lower(block: SelectBlock, ast: Node, found: Window[]): readonly number[] | undefined {
    const expression = readExpression(ast, { items: block.items, facts: this.facts })
    if (!isOfRows(expression)) return undefined
    const [first] = expression.columns
    if (first === undefined) {
      this.steps.push(ast)
      return []
    }
    const item = block.items[first.item]
    if (item === undefined || item.kind === 'function') return undefined
    if (expression.columns.some((column) => column.item !== first.item)) return undefined
    // A row of NULLs, for want of a row or of a group, is nobody's: nothing may depend on the time there.
    if ((item.nullableBy.length > 0 || block.groupingSets) && !isNullWithoutRow(ast)) return undefined
    if (item.kind === 'table') {
      const window = this.windowOf(block, item, ast)
      // Without a range, looking for the rows that time has moved costs more than computing everything.
      if (window.range === undefined && window.inputs.length === 0) return undefined
      found.push(window)
      return [first.item]
    }
    const inner = this.lowerInto(item.block, (name) => item.columns.indexOf(name), { ast, block }, found)
    return inner && [first.item, ...inner]
  }

  private lowerInto(
    inner: Block,
    placeOf: (column: string) => number,
    outer: { readonly ast: Node; readonly block: SelectBlock },
    found: Window[],
  ): readonly number[] | undefined {
    if (inner.kind === 'opaque') return undefined
    if (inner.kind === 'set') {
      const arms = inner.arms.map((arm) => this.lowerInto(arm, placeOf, outer, found))
      return arms.includes(undefined) ? undefined : []
    }
    let known = true
    const ast = replaceColumns(outer.ast, outer.block, (column) => {
      const output = inner.outputs[placeOf(column)]
      known &&= output !== undefined && isOfRows(output.expression) && !readsClock(output.expression.ast)
      return output?.expression.ast
    })
    return known ? this.lower(inner, ast, found) : undefined
  }

  private windowOf(block: SelectBlock, item: TableItem, ast: Node): Window {
    const ofRow = (tree: Node): Node =>
      replaceColumns(tree, block, (column) => columnOf(rowAlias, storedName(item, column)))
    const condition = ofRow(ast)
    const steps = readingsOutsideQueries(condition).map(stepOf)
    const inputs = steps.flatMap((step) => step ?? [])
    return {
      relation: item.relation,
      condition,
      inputs: inputs.length === steps.length ? inputs : [],
      range: rangeOf(condition, this.utc),
      beside: block.conditions.filter((other) => isAsked(block, item, other)).map((other) => ofRow(other.ast)),
    }
  }
}

/** A condition that every row of the table has to satisfy, at any time, to be of use to the block. */
function isAsked(block: SelectBlock, item: TableItem, { ast, item: index, within }: Condition): boolean {
  return block.items[index] === item && within.length === 0 && item.nullableBy.length === 0 && !readsClock(ast)
}

function ofClock(reading: Reading): Node {
  return reading[reading.length - 1] as Node
}

/** Of the rows of its block, each by itself. */
function isOfRows({ aggregate, window, subquery, setReturning, outer }: Expression): boolean {
  return !aggregate && !window && !subquery && !setReturning && !outer
}

function replaceColumns(ast: Node, { items }: SelectBlock, by: (column: string) => Node | undefined): Node {
  return rewrite(ast, (value) => {
    if (!('ColumnRef' in value)) return undefined
    const column = resolveColumn((value.ColumnRef as { fields?: Node[] }).fields ?? [], items)
    return column && by(column.column)
  })
}

function rangeOf(condition: Node, utc: boolean): WindowRange | undefined {
  const comparison = comparisonWithClock(condition, utc)
  if (comparison === undefined) return undefined
  const { subject } = comparison
  const fields = 'ColumnRef' in subject ? (subject.ColumnRef.fields ?? []) : []
  const last = fields.at(-1)
  return { ...comparison, column: last !== undefined && 'String' in last ? last.String.sval : undefined }
}
