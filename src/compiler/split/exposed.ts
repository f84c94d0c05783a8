import type { SelectStmt } from '@pgsql/types'
import { findKey, itemKeys, retainedItems } from '../analyze/viewKey.js'
import { resolveColumn } from '../ir/expression.js'
import type { Block, BlockItem, FromItem, ItemColumn, SelectBlock } from '../ir/types.js'
import { columnOf, type Node, rewrite } from '../parse/ast.js'
import { freshName, isOwn, isPlain, target } from './tree.js'

/** Columns of nested queries that these do not return, made visible outside of them. */
export class Exposed {
  private readonly added = new Map<SelectStmt, Map<string, Node>>()

  constructor(
    private readonly tree: SelectStmt,
    private readonly present: ReadonlySet<SelectStmt>,
  ) {}

  /** The columns that tell the joined rows of a block apart. */
  keys(block: SelectBlock): ItemColumn[] | undefined {
    const keys = block.items.map((item) => this.itemKeys(item))
    const found: ItemColumn[] = []
    for (const item of retainedItems(block, keys)) {
      const key = keys[item]?.[0]
      if (key === undefined) return undefined
      found.push(...key.map((column) => ({ item, column })))
    }
    return found
  }

  private itemKeys(item: FromItem): readonly (readonly string[])[] {
    if (item.kind !== 'block' || findKey(item.block) !== undefined) return itemKeys(item)
    const block = this.openBlock(item)
    const inner = block && this.keys(block)
    return inner === undefined || block === undefined ? [] : [inner.map((column) => this.expose(item, block, column))]
  }

  /**
   * The columns along which the changes of a table lead to the joined rows: those that joins and subqueries set equal to
   * others.
   */
  links(block: SelectBlock): ItemColumn[] {
    const own = [
      ...block.equalities.flatMap(({ left, right }) => [left, right]),
      ...correlated(block, block.items),
    ].map(({ item, column }): ItemColumn => ({ item, column }))
    const nested = block.items.flatMap((item, index) => {
      const inner = item.kind === 'block' ? this.openBlock(item) : undefined
      if (item.kind !== 'block' || inner === undefined) return []
      return this.links(inner).map((column) => ({ item: index, column: this.expose(item, inner, column) }))
    })
    return [...own, ...nested]
  }

  /** The nested query, if it can be made to return more columns and is still what it was. */
  private openBlock(item: BlockItem): SelectBlock | undefined {
    const { block } = item
    return block.kind === 'select' && isPlain(block) && isOwn(item) && this.present.has(block.ast) ? block : undefined
  }

  /** The name under which the rest of the query sees a column of a nested query's own FROM. */
  private expose(item: BlockItem, block: SelectBlock, { item: inner, column }: ItemColumn): string {
    const shown = block.outputs.findIndex(({ expression: { ast } }) => {
      const found = 'ColumnRef' in ast ? resolveColumn(ast.ColumnRef.fields ?? [], block.items) : undefined
      return found?.item === inner && found.column === column
    })
    const known = item.columns[shown]
    if (known !== undefined) return known
    const name = freshName(this.tree, `${column}_${inner}`)
    const added = this.added.get(block.ast) ?? new Map<string, Node>()
    added.set(name, columnOf(block.items[inner]?.alias ?? '', column))
    this.added.set(block.ast, added)
    return name
  }

  /** The text with the columns that were made visible. */
  written<T>(tree: T): T {
    const replace = (value: object): object | undefined => {
      const added = this.added.get(value as SelectStmt)
      if (added === undefined) return undefined
      const { targetList = [], ...rest } = value as SelectStmt
      const targets = [...added].map(([name, ast]) => target(ast, name))
      return { ...rewrite(rest, replace), targetList: [...rewrite(targetList, replace), ...targets] }
    }
    return rewrite(tree, replace)
  }
}

/** Columns of these items that subqueries, however deep, set equal to columns of their own. */
function correlated(block: Block, items: readonly FromItem[]): ItemColumn[] {
  if (block.kind === 'opaque') return []
  if (block.kind === 'set') return block.arms.flatMap((arm) => correlated(arm, items))
  const compared = block.subqueries.flatMap((subquery) => subquery.compared.map(({ outer }) => outer))
  const own = [...block.correlations.map(({ outer }) => outer), ...compared].filter((outer) => outer.items === items)
  const nested = [...block.subqueries, ...block.items].flatMap((place) =>
    'block' in place ? correlated(place.block, items) : [],
  )
  return [...own, ...nested]
}
