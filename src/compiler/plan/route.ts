import { likeness } from '../analyze/columnType.js'
import type { EqualityClasses } from '../analyze/equalityClasses.js'
import { innerColumn, isSliceable } from '../analyze/sliceable.js'
import type { QueryFacts } from '../facts.js'
import { resolveColumn } from '../ir/expression.js'
import type { Block, Condition, FromItem, ItemColumn, SelectBlock } from '../ir/types.js'
import { columnOf, type Node, rewrite } from '../parse/ast.js'
import { expressionOf } from '../parse/parse.js'
import { placeOf } from '../places/place.js'
import type { Reason } from '../reasons.js'
import { NoKey } from './noKey.js'
import type { AliasedColumn, JoinSource, JoinStep, KeyPath } from './types.js'
import { whyNoSlices, whyOpaque } from './whyNot.js'

type Before = (block: Block, columns: readonly string[]) => KeyPath[]

/**
 * Finds, for one changed item and one state of the outer joins, how the key's columns are had: from the item itself
 * through equalities, or by joining other items along equalities.
 */
export class Route {
  private readonly order: number[] = []
  private readonly needed = new Map<number, Set<string>>()

  constructor(
    private readonly block: SelectBlock,
    private readonly root: number,
    private readonly classes: EqualityClasses,
    private readonly nulls: ReadonlySet<number>,
    /** The key's columns go into expressions elsewhere, where what is merely equal to them gives something else. */
    private readonly exact: boolean,
    private readonly facts: QueryFacts,
  ) {
    this.needed.set(root, new Set())
  }

  alias(item: number): string {
    return `i${item}`
  }

  /** The changed item, where the query reads it. */
  private place(): Reason['place'] {
    return placeOf(this.item(this.root).ast)
  }

  columnsOfRoot(): string[] {
    return [...(this.needed.get(this.root) ?? [])]
  }

  /** The expression of an output column, over what this route reaches. */
  express(name: string): Node {
    const output = this.block.outputs.find((candidate) => candidate.name === name)
    if (output === undefined) throw new NoKey(whyOpaque('unresolved', `There is no column "${name}".`, this.place()))
    return this.relocate(output.expression.ast)
  }

  /**
   * What the query asks of each table reached. A function or a cast in the key may fail for rows that the query keeps
   * away from it (`txt::integer` WHERE txt is a number); where neither is, fewer columns to log are worth more.
   */
  filters(outputs: readonly Node[], tracked: boolean): Node[] {
    const plain = outputs.every((output) => 'ColumnRef' in output || 'A_Const' in output)
    if (plain && this.order.every((item) => this.item(item).kind !== 'function')) return []
    const reached = new Set([this.root, ...this.order])
    return this.block.conditions
      .filter(
        (condition) =>
          reached.has(condition.item) &&
          (tracked || (condition.within.length === 0 && this.item(condition.item).nullableBy.length === 0)) &&
          this.isRequired(condition) &&
          condition.columns.every((column) => this.isKnown(column.item, column.column)),
      )
      .map((condition) => this.relocateWithin(condition))
  }

  /** Every row of this state satisfies it; or, where the changed item lost its match, the match did. */
  private isRequired({ item, within }: Condition): boolean {
    const known = this.item(this.root).nullableBy
    const missing = this.item(item).nullableBy.filter((join) => this.nulls.has(join))
    return (
      within.every((join) => known.includes(join) || !this.nulls.has(join)) &&
      missing.every((join) => within.includes(join))
    )
  }

  private relocateWithin({ ast, item }: Condition): Node {
    return rewrite(ast, (value) => {
      if (!('ColumnRef' in value)) return undefined
      const column = resolveColumn((value.ColumnRef as { fields?: Node[] }).fields ?? [], this.block.items)
      return column === undefined ? undefined : reference(this.use(item, column.column))
    })
  }

  steps(before: Before): JoinStep[] {
    // Conditions name columns, and functions their arguments, so the conditions come before what each item must give.
    const conditions = this.order.map((item, position) => this.conditions(item, this.order.slice(0, position)))
    const functions = new Map(
      this.order.flatMap((item) => {
        const facts = this.item(item)
        return facts.kind === 'function' ? [[item, this.relocate(facts.ast)] as const] : []
      }),
    )
    return this.order.map((item, position) => ({
      alias: this.alias(item),
      source: this.source(item, functions.get(item), before),
      on: conditions[position] ?? [],
    }))
  }

  private relocate(ast: Node): Node {
    return rewrite(ast, (value) => {
      if (!('ColumnRef' in value)) return undefined
      const fields = (value.ColumnRef as { fields?: Node[] }).fields ?? []
      const column = resolveColumn(fields, this.block.items)
      if (column === undefined) {
        throw new NoKey(whyOpaque('unresolved', 'A column could not be resolved.', placeOf(value)))
      }
      if (this.isNull(column.item)) return this.typedNull(column, value === ast)
      const found = this.locate(column, value === ast)
      return reference(found)
    })
  }

  private isNull(item: number): boolean {
    return this.item(item).nullableBy.some((join) => this.nulls.has(join))
  }

  private typedNull(column: ItemColumn, alone: boolean): Node {
    const item = this.item(column.item)
    if (item.kind === 'table') {
      const stored = item.sourceColumns[item.columns.indexOf(column.column)]
      const type = item.relation.columns.find((facts) => facts.name === stored)?.type
      if (type !== undefined) return expressionOf(`NULL::${type}`)
    }
    if (alone) return expressionOf('NULL')
    throw new NoKey({
      code: 'key_not_derivable',
      reason: `The key is computed from "${column.column}", which an outer join can make NULL.`,
      hint: `Return "${column.column}" as it is, and compute with it where the view is read; or write an inner join, if there always is a match.`,
      place: this.place(),
    })
  }

  private locate(column: ItemColumn, alone: boolean): AliasedColumn {
    for (const item of [this.root, ...this.order]) {
      const name = this.classes.within(
        item,
        column,
        (candidate) => this.isKnown(item, candidate) && this.standsFor({ item, column: candidate }, column, alone),
      )
      if (name !== undefined) return this.use(item, name)
    }
    this.reach(column.item)
    if (!this.isKnown(column.item, column.column)) throw this.notDerivable(column)
    return this.use(column.item, column.column)
  }

  private standsFor(candidate: ItemColumn, column: ItemColumn, alone: boolean): boolean {
    if (candidate.item === column.item && candidate.column === column.column) return true
    if (alone && !this.exact) return true
    const place = ({ item, column: name }: ItemColumn) => [this.item(item), name] as const
    const alike = likeness(place(candidate), place(column))
    return alike === 'same' || (alone && alike === 'number')
  }

  private use(item: number, column: string): AliasedColumn {
    const columns = this.needed.get(item) ?? new Set()
    columns.add(column)
    this.needed.set(item, columns)
    return { alias: this.alias(item), column }
  }

  /** Whether a column's values before the change can be had: a log keeps a table's, a block must be able to tell them. */
  private isKnown(item: number, column: string): boolean {
    const facts = this.item(item)
    if (facts.kind === 'function') return item !== this.root
    if (facts.kind === 'table') {
      const stored = facts.sourceColumns[facts.columns.indexOf(column)]
      return !facts.relation.columns.some((candidate) => candidate.name === stored && candidate.virtual)
    }
    const inner = innerColumn(facts.columns, column, facts.block)
    if (item !== this.root && (facts.correlated || !facts.closed)) return false
    return inner !== undefined && isSliceable(facts.block, inner)
  }

  /** Joins an item, and whatever lies between, by the shortest way along equalities. */
  private reach(target: number): void {
    const cameFrom = new Map<number, number>()
    const reached = new Set([this.root, ...this.order])
    const queue = [...reached]
    for (let current = queue.shift(); current !== undefined && !cameFrom.has(target); current = queue.shift()) {
      for (const next of this.neighbours(current, new Set([...reached, ...cameFrom.keys()]))) {
        if (reached.has(next) || cameFrom.has(next)) continue
        cameFrom.set(next, current)
        queue.push(next)
      }
    }
    if (!cameFrom.has(target)) throw this.notDerivable({ item: target, column: '' })
    const way: number[] = []
    for (let item: number | undefined = target; item !== undefined && !reached.has(item); item = cameFrom.get(item)) {
      way.unshift(item)
    }
    for (const item of way) {
      this.order.push(item)
      if (!this.needed.has(item)) this.needed.set(item, new Set())
    }
  }

  private neighbours(item: number, reached: ReadonlySet<number>): number[] {
    const direct = this.classes.equalities.flatMap(({ left, right }) => {
      if (!this.isKnown(left.item, left.column) || !this.isKnown(right.item, right.column)) return []
      if (left.item === item) return [right.item]
      return right.item === item ? [left.item] : []
    })
    const functions = this.block.items.flatMap((candidate, index) =>
      candidate.kind === 'function' &&
      !candidate.correlatedOutside &&
      candidate.arguments.every((argument) => argument.item === item || reached.has(argument.item))
        ? [index]
        : [],
    )
    return [...direct, ...functions].filter((candidate) => candidate !== item && !this.isOutOfReach(candidate))
  }

  /** An item that is NULL in this state can be passed through only where the changed item would be NULL as well. */
  private isOutOfReach(item: number): boolean {
    const own = this.item(this.root).nullableBy
    return this.item(item).nullableBy.some((join) => this.nulls.has(join) && !own.includes(join))
  }

  private conditions(item: number, earlier: readonly number[]): JoinStep['on'] {
    const available = new Set([this.root, ...earlier])
    return this.classes.equalities.flatMap(({ left, right }) => {
      const [own, other] = left.item === item ? [left, right] : [right, left]
      if (own.item !== item || !available.has(other.item)) return []
      if (!this.isKnown(own.item, own.column) || !this.isKnown(other.item, other.column)) return []
      this.use(own.item, own.column)
      return [{ own: own.column, other: this.use(other.item, other.column) }]
    })
  }

  private source(item: number, functionAst: Node | undefined, before: Before): JoinSource {
    const facts = this.item(item)
    const columns = [...(this.needed.get(item) ?? [])]
    if (facts.kind === 'function') {
      return { kind: 'function', ast: functionAst ?? facts.ast, columns: facts.columns }
    }
    if (facts.kind === 'table') {
      return {
        kind: 'table',
        relation: facts.relation,
        columns: columns.map((name) => ({
          name,
          stored: facts.sourceColumns[facts.columns.indexOf(name)] ?? name,
        })),
      }
    }
    const inner = columns.map((name) => ({ name, stored: innerColumn(facts.columns, name, facts.block) ?? name }))
    const kept = inner.map((column) => column.stored)
    return { kind: 'block', block: facts.block, columns: inner, before: before(facts.block, kept) }
  }

  private item(index: number): FromItem {
    const item = this.block.items[index]
    if (item === undefined) throw new RangeError(`no item ${index}`)
    return item
  }

  private notDerivable(column: ItemColumn): NoKey {
    const root = this.item(this.root)
    const own = root.kind === 'block' ? whyNoSlices(root.block, this.facts) : undefined
    if (own !== undefined) return new NoKey(own)
    const [changed, needed] = [root.alias, this.item(column.item).alias]
    return new NoKey({
      code: 'key_not_derivable',
      reason: `No equality leads from the changed rows to "${needed}", which the slice key needs.`,
      hint: `Join it by an equality of plain columns, such as \`${changed || '…'}.… = ${needed || '…'}.…\`, beside what else is compared; or make the part that belongs to all rows a view of its own.`,
      place: this.place(),
    })
  }
}

function reference({ alias, column }: AliasedColumn): Node {
  return columnOf(alias, column)
}
