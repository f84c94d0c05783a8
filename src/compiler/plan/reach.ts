import type { EqualityClasses } from '../analyze/equalityClasses.js'
import { innerColumn, isSliceable } from '../analyze/sliceable.js'
import type { QueryFacts } from '../facts.js'
import { type FromItem, type ItemColumn, type SelectBlock, storedName } from '../ir/types.js'
import { placeOf } from '../places/place.js'
import type { Reason } from '../reasons.js'
import { NoKey } from './noKey.js'
import type { AliasedColumn, JoinStep } from './types.js'
import { whyNoSlices } from './whyNot.js'
import { type Widened, widened } from './widened.js'

/** What can be had from one changed item in one state of the outer joins, and what was joined to it so far. */
export class Reach {
  /** Items that are joined for what the key needs of them. */
  readonly order: number[] = []
  /** Items that are joined for their conditions alone. */
  readonly searched: number[] = []
  readonly all: Widened
  private readonly needed = new Map<number, Set<string>>()

  constructor(
    readonly block: SelectBlock,
    readonly root: number,
    readonly classes: EqualityClasses,
    readonly nulls: ReadonlySet<number>,
    private readonly facts: QueryFacts,
  ) {
    this.needed.set(root, new Set())
    this.all = widened(block)
  }

  get reached(): readonly number[] {
    return [this.root, ...this.order, ...this.searched]
  }

  alias(item: number): string {
    return `i${item}`
  }

  item(index: number): FromItem {
    const item = this.all.items[index]
    if (item === undefined) throw new RangeError(`no item ${index}`)
    return item
  }

  isNull(item: number): boolean {
    return this.item(item).nullableBy.some((join) => this.nulls.has(join))
  }

  /** Notes that a column of an item is read. */
  use(item: number, column: string): AliasedColumn {
    const columns = this.needed.get(item) ?? new Set()
    columns.add(column)
    this.needed.set(item, columns)
    return { alias: this.alias(item), column }
  }

  columnsOf(item: number): string[] {
    return [...(this.needed.get(item) ?? [])]
  }

  /** Whether a column's values before the change can be had: a log keeps a table's, a block must be able to tell them. */
  isKnown(item: number, column: string): boolean {
    const facts = this.item(item)
    if (facts.kind === 'function') return item !== this.root
    if (facts.kind === 'table') {
      const stored = storedName(facts, column)
      return !facts.relation.columns.some((candidate) => candidate.name === stored && candidate.virtual)
    }
    const inner = innerColumn(facts.columns, column, facts.block)
    if (item !== this.root && (facts.correlated || !facts.closed)) return false
    return inner !== undefined && isSliceable(facts.block, inner)
  }

  /** An item that is NULL in this state can be passed through only where the changed item would be NULL as well. */
  isOutOfReach(item: number): boolean {
    const own = this.item(this.root).nullableBy
    return this.item(item).nullableBy.some((join) => this.nulls.has(join) && !own.includes(join))
  }

  /** Joins an item, and whatever lies between, by the shortest way along equalities. */
  reach(target: number): void {
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
    this.order.push(...way)
  }

  /** The changed item, where the query reads it. */
  place(): Reason['place'] {
    return placeOf(this.item(this.root).ast)
  }

  notDerivable(column: ItemColumn): NoKey {
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

  /** What an item is joined by to those that are reached before it. */
  conditions(item: number, earlier: readonly number[]): JoinStep['on'] {
    return this.equalitiesOf(item, new Set([this.root, ...earlier])).map(({ own, other }) => {
      this.use(item, own)
      return { own, other: this.use(other.item, other.column) }
    })
  }

  equalitiesOf(item: number, available: ReadonlySet<number>): { own: string; other: ItemColumn }[] {
    return [...this.classes.equalities, ...this.all.equalities].flatMap(({ left, right }) => {
      const [own, other] = left.item === item ? [left, right] : [right, left]
      if (own.item !== item || !available.has(other.item)) return []
      const known = this.isKnown(own.item, own.column) && this.isKnown(other.item, other.column)
      return known ? [{ own: own.column, other }] : []
    })
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
}
