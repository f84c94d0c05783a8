import { resolveColumn } from '../ir/expression.js'
import { type Condition, type FromItem, storedName } from '../ir/types.js'
import { columnOf, type Node, rewrite } from '../parse/ast.js'
import type { Reach } from './reach.js'
import type { Filter } from './types.js'
import type { Sparing } from './widened.js'

/** Tables that are joined for their conditions alone, for one change; and in a row, to get to one. */
const mostSearches = 5
const mostLookups = 3

/**
 * What the query asks of the rows around a changed one: where none satisfies it, the change touches no key. Tables are
 * joined for that where few rows of them go with each changed one.
 * @param tracked whether the state tells of every outer join whether it found a match.
 */
export class Spared {
  private readonly conditions: readonly (Sparing & { readonly item: number })[]

  constructor(
    private readonly reach: Reach,
    private readonly wanted: readonly string[],
    private readonly tracked: boolean,
  ) {
    this.conditions = reach.all.sparing
      .map((sparing) => ({ ...sparing, item: sparing.condition.item + sparing.offset }))
      .filter(({ condition, item }) => this.isAsked(condition, item))
    for (const { item } of this.conditions) this.search(item)
  }

  /**
   * @param all also what spares nothing, but keeps rows away from a function or a cast in the key that may fail for them
   * (`txt::integer` WHERE txt is a number).
   */
  filters(all: boolean): Filter[] {
    const sparing = this.conditions.filter(({ item }) => this.reach.reached.includes(item))
    const found = sparing.map(({ item, condition, scope, offset }) => this.filter(item, condition.ast, scope, offset))
    if (!all) return found
    const { items, conditions } = this.reach.block
    const known = new Set(sparing.map(({ condition }) => condition))
    const others = conditions.filter(
      (condition) =>
        !known.has(condition) && this.reach.reached.includes(condition.item) && this.isAsked(condition, condition.item),
    )
    return [...found, ...others.map(({ item, ast }) => this.filter(item, ast, items, 0))]
  }

  private search(item: number): void {
    const { reached, searched } = this.reach
    if (reached.includes(item)) return
    const way = this.lookups(item)
    if (way !== undefined && searched.length + way.length <= mostSearches) searched.push(...way)
  }

  /** The shortest way to an item on which every item is found by an index, in few rows. */
  private lookups(target: number): number[] | undefined {
    const ways: number[][] = [[]]
    for (const way of ways) {
      const known = new Set([...this.reach.reached, ...way])
      for (let next = 0; next < this.reach.all.items.length; next++) {
        if (known.has(next) || this.reach.isOutOfReach(next) || !this.isLookup(next, known)) continue
        if (next === target) return [...way, next]
        if (way.length < mostLookups - 1) ways.push([...way, next])
      }
    }
    return undefined
  }

  /** By a unique key; or by a part of one that is the slice key, when not more is read than belongs to the slice. */
  private isLookup(item: number, known: ReadonlySet<number>): boolean {
    const facts = this.reach.item(item)
    if (facts.kind !== 'table') return false
    const own = this.reach.equalitiesOf(item, known).map((pair) => pair.own)
    const stored = own.map((column) => storedName(facts, column))
    const { keys } = facts.relation
    if (keys.some((key) => key.every((column) => stored.includes(column)))) return true
    return keys.some((key) => stored.includes(key[0] ?? '')) && this.isWithinSlice(item, own)
  }

  private isWithinSlice(item: number, columns: readonly string[]): boolean {
    const { block, classes } = this.reach
    return this.wanted.every((name) => {
      const ast = block.outputs.find((output) => output.name === name)?.expression.ast
      const column = ast && 'ColumnRef' in ast ? resolveColumn(ast.ColumnRef.fields ?? [], block.items) : undefined
      return column !== undefined && classes.within(item, column, (own) => columns.includes(own)) !== undefined
    })
  }

  private isAsked({ within, columns }: Condition, item: number): boolean {
    return (
      (this.tracked || (within.length === 0 && this.reach.item(item).nullableBy.length === 0)) &&
      this.isRequired(within, item) &&
      columns.every(({ column }) => this.reach.isKnown(item, column))
    )
  }

  /** Every row of this state satisfies it; or, where the changed item lost its match, the match did. */
  private isRequired(within: readonly number[], item: number): boolean {
    const { nulls, root } = this.reach
    const known = this.reach.item(root).nullableBy
    const missing = this.reach.item(item).nullableBy.filter((join) => nulls.has(join))
    return (
      within.every((join) => known.includes(join) || !nulls.has(join)) && missing.every((join) => within.includes(join))
    )
  }

  private filter(item: number, ast: Node, scope: readonly FromItem[], offset: number): Filter {
    const relocated = rewrite(ast, (value) => {
      if (!('ColumnRef' in value)) return undefined
      const column = resolveColumn((value.ColumnRef as { fields?: Node[] }).fields ?? [], scope)
      if (column === undefined) return undefined
      const used = this.reach.use(column.item + offset, column.column)
      return columnOf(used.alias, used.column)
    })
    return { alias: this.reach.alias(item), ast: relocated }
  }
}
