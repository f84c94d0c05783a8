import { isAggregate } from '../delta/shape.js'
import type { QueryFacts } from '../facts.js'
import { namesColumnOf, resolveColumn } from '../ir/expression.js'
import type { SelectBlock } from '../ir/types.js'
import { fingerprint, type Node, rewrite } from '../parse/ast.js'
import { namedTargets } from './standalone.js'

/** The parts of a grouped query that are computed of its groups. */
export function partsOfGroups(block: SelectBlock) {
  const { havingClause, sortClause, windowClause, distinctClause } = block.ast
  const { targetList } = namedTargets(block)
  return { targetList, havingClause, sortClause, windowClause, distinctClause }
}

/** The aggregate calls in a tree, each once, in the order in which they stand in it. */
export function aggregateCalls(tree: unknown, facts: QueryFacts): Node[] {
  const found = new Map<string, Node>()
  rewrite(tree, (value) => {
    if ('SubLink' in value) return value
    if (!isAggregate(value as Node, facts)) return undefined
    found.set(fingerprint(value), value as Node)
    return value
  })
  return [...found.values()]
}

/** What stands for the expressions and aggregates of a query in one that reads them as columns. */
export class Replacements {
  private readonly byText = new Map<string, Node>()

  set(expression: Node, reference: Node): void {
    this.byText.set(fingerprint(expression), reference)
  }

  /** The tree over the columns alone; undefined where it also reads something else of the block's rows. */
  apply<T>(tree: T, block: SelectBlock): T | undefined {
    const references = new Set<object>(this.byText.values())
    const written = rewrite(tree, (value) => {
      const reference = this.byText.get(fingerprint(value))
      // Names inside a subquery may be those of its own relations.
      return reference ?? ('SubLink' in value ? value : undefined)
    })
    return readsRows(written, block, references) ? undefined : written
  }
}

function readsRows(tree: unknown, block: SelectBlock, references: ReadonlySet<object>): boolean {
  let found = false
  rewrite(tree, (value) => {
    if (references.has(value)) return value
    if ('SubLink' in value) {
      found ||= namesColumnOf(value, [block.items])
      return value
    }
    if ('ColumnRef' in value) {
      const { fields = [] } = value.ColumnRef as { fields?: readonly Node[] }
      found ||= resolveColumn(fields, block.items) !== undefined || fields.length > 0
      return value
    }
    return undefined
  })
  return found
}
