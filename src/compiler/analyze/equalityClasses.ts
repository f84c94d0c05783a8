import type { Equality, ItemColumn } from '../ir/types.js'

/** Columns that are known to hold the same value, in the states of the outer joins that were asked for. */
export class EqualityClasses {
  private readonly parents = new Map<string, string>()
  private readonly columns = new Map<string, ItemColumn>()

  constructor(readonly equalities: readonly Equality[]) {
    for (const { left, right } of equalities) this.parents.set(this.root(left), this.root(right))
  }

  /** Every column known to equal this one, itself among them. */
  equals(column: ItemColumn): ItemColumn[] {
    const root = this.root(column)
    return [...this.columns.values()].filter((candidate) => this.root(candidate) === root)
  }

  /** The column of that item which equals this one. */
  within(item: number, column: ItemColumn, allowed: (column: string) => boolean): string | undefined {
    return this.equals(column).find((candidate) => candidate.item === item && allowed(candidate.column))?.column
  }

  private root(column: ItemColumn): string {
    let name = `${column.item} ${column.column}`
    if (!this.columns.has(name)) this.columns.set(name, column)
    for (let next = this.parents.get(name); next !== undefined && next !== name; next = this.parents.get(name)) {
      name = next
    }
    return name
  }
}
