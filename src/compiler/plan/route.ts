import { likeness } from '../analyze/columnType.js'
import type { EqualityClasses } from '../analyze/equalityClasses.js'
import { innerColumn } from '../analyze/sliceable.js'
import type { QueryFacts } from '../facts.js'
import { resolveColumn } from '../ir/expression.js'
import { type Block, type ItemColumn, type SelectBlock, storedName } from '../ir/types.js'
import { columnOf, type Node, rewrite } from '../parse/ast.js'
import { expressionOf } from '../parse/parse.js'
import { placeOf } from '../places/place.js'
import { NoKey } from './noKey.js'
import { Reach } from './reach.js'
import { Spared } from './sparing.js'
import type { AliasedColumn, JoinSource, JoinStep, KeyPath } from './types.js'
import { whyOpaque } from './whyNot.js'

type Before = (block: Block, columns: readonly string[]) => KeyPath[]

/**
 * Finds, for one changed item and one state of the outer joins, how the key's columns are had: from the item itself
 * through equalities, or by joining other items along equalities.
 */
export class Route {
  private readonly reach: Reach

  constructor(
    private readonly block: SelectBlock,
    private readonly root: number,
    private readonly classes: EqualityClasses,
    nulls: ReadonlySet<number>,
    /** The key's columns go into expressions elsewhere, where what is merely equal to them gives something else. */
    private readonly exact: boolean,
    facts: QueryFacts,
  ) {
    this.reach = new Reach(block, root, classes, nulls, facts)
  }

  /** How to find these output columns. */
  path(wanted: readonly string[], tracked: boolean, before: Before): Omit<KeyPath, 'changed'> {
    const outputs = wanted.map((name) => this.express(name))
    const spared = new Spared(this.reach, wanted, tracked)
    const plain = outputs.every((output) => 'ColumnRef' in output || 'A_Const' in output)
    const safe = plain && this.reach.order.every((item) => this.reach.item(item).kind !== 'function')
    const filters = spared.filters(!safe)
    return { alias: this.reach.alias(this.root), ...this.steps(before), filters, outputs }
  }

  columnsOfRoot(): string[] {
    return this.reach.columnsOf(this.root)
  }

  /** The expression of an output column, over what this route reaches. */
  private express(name: string): Node {
    const output = this.block.outputs.find((candidate) => candidate.name === name)
    if (output === undefined)
      throw new NoKey(whyOpaque('unresolved', `There is no column "${name}".`, this.reach.place()))
    return this.relocate(output.expression.ast)
  }

  private steps(before: Before): { joins: JoinStep[]; searches: JoinStep[] } {
    const [, ...order] = this.reach.reached
    // Conditions name columns, and functions their arguments, so the conditions come before what each item must give.
    const conditions = order.map((item, position) => this.reach.conditions(item, order.slice(0, position)))
    const functions = new Map(
      order.flatMap((item) => {
        const facts = this.reach.item(item)
        return facts.kind === 'function' ? [[item, this.relocate(facts.ast)] as const] : []
      }),
    )
    const steps = order.map((item, position) => ({
      alias: this.reach.alias(item),
      source: this.source(item, functions.get(item), before),
      on: conditions[position] ?? [],
    }))
    const joined = this.reach.order.length
    return { joins: steps.slice(0, joined), searches: steps.slice(joined) }
  }

  private relocate(ast: Node): Node {
    return rewrite(ast, (value) => {
      if (!('ColumnRef' in value)) return undefined
      const fields = (value.ColumnRef as { fields?: Node[] }).fields ?? []
      const column = resolveColumn(fields, this.block.items)
      if (column === undefined) {
        throw new NoKey(whyOpaque('unresolved', 'A column could not be resolved.', placeOf(value)))
      }
      if (this.reach.isNull(column.item)) return this.typedNull(column, value === ast)
      const found = this.locate(column, value === ast)
      return columnOf(found.alias, found.column)
    })
  }

  private typedNull(column: ItemColumn, alone: boolean): Node {
    const item = this.reach.item(column.item)
    if (item.kind === 'table') {
      const stored = storedName(item, column.column)
      const type = item.relation.columns.find((facts) => facts.name === stored)?.type
      if (type !== undefined) return expressionOf(`NULL::${type}`)
    }
    if (alone) return expressionOf('NULL')
    throw new NoKey({
      code: 'key_not_derivable',
      reason: `The key is computed from "${column.column}", which an outer join can make NULL.`,
      hint: `Return "${column.column}" as it is, and compute with it where the view is read; or write an inner join, if there always is a match.`,
      place: this.reach.place(),
    })
  }

  private locate(column: ItemColumn, alone: boolean): AliasedColumn {
    for (const item of [this.root, ...this.reach.order]) {
      const name = this.classes.within(
        item,
        column,
        (candidate) =>
          this.reach.isKnown(item, candidate) && this.standsFor({ item, column: candidate }, column, alone),
      )
      if (name !== undefined) return this.reach.use(item, name)
    }
    this.reach.reach(column.item)
    if (!this.reach.isKnown(column.item, column.column)) throw this.reach.notDerivable(column)
    return this.reach.use(column.item, column.column)
  }

  private standsFor(candidate: ItemColumn, column: ItemColumn, alone: boolean): boolean {
    if (candidate.item === column.item && candidate.column === column.column) return true
    if (alone && !this.exact) return true
    const place = ({ item, column: name }: ItemColumn) => [this.reach.item(item), name] as const
    const alike = likeness(place(candidate), place(column))
    return alike === 'same' || (alone && alike === 'number')
  }

  private source(item: number, functionAst: Node | undefined, before: Before): JoinSource {
    const facts = this.reach.item(item)
    const columns = this.reach.columnsOf(item)
    if (facts.kind === 'function') {
      return { kind: 'function', ast: functionAst ?? facts.ast, columns: facts.columns }
    }
    if (facts.kind === 'table') {
      return {
        kind: 'table',
        relation: facts.relation,
        columns: columns.map((name) => ({ name, stored: storedName(facts, name) })),
      }
    }
    const inner = columns.map((name) => ({ name, stored: innerColumn(facts.columns, name, facts.block) ?? name }))
    const kept = inner.map((column) => column.stored)
    return { kind: 'block', block: facts.block, columns: inner, before: before(facts.block, kept) }
  }
}
