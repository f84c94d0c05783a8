import type { SelectStmt } from '@pgsql/types'
import { resolveColumn } from '../ir/expression.js'
import type { Block, Expression, ItemColumn, SelectBlock, TableItem } from '../ir/types.js'
import { outputNames, storedName } from '../ir/types.js'
import { type Node, walk } from '../parse/ast.js'
import { EqualityClasses } from './equalityClasses.js'
import { innerColumn, isSliceable } from './sliceable.js'

/** A table's column from which an output column takes its value. */
export interface Origin {
  readonly block: SelectBlock
  readonly item: TableItem
  /** The column as the block's text names it, and as the table does. */
  readonly column: string
  readonly stored: string
  /** The expression over that column, when the output is not the plain column itself. */
  readonly expression: Node | undefined
}

/** Where an output column's values come from: its own table, and those whose columns always equal it. */
export function origins(block: Block, name: string): Origin[] {
  if (block.kind === 'opaque') return []
  if (block.kind === 'set') {
    const index = block.names.indexOf(name)
    return block.arms.flatMap((arm) => origins(arm, outputNames(arm)[index] ?? ''))
  }
  const expression = block.outputs.find((output) => output.name === name)?.expression
  if (expression === undefined) return []
  const plain = plainColumn(block, expression)
  if (plain === undefined) return computedOrigin(block, expression)
  const always = new EqualityClasses(block.equalities.filter((equality) => equality.within.length === 0))
  return always.equals(plain).flatMap((column) => columnOrigin(block, column))
}

function plainColumn(block: SelectBlock, { ast }: Expression): ItemColumn | undefined {
  return 'ColumnRef' in ast ? resolveColumn(ast.ColumnRef.fields ?? [], block.items) : undefined
}

function columnOrigin(block: SelectBlock, { item: index, column }: ItemColumn): Origin[] {
  const item = block.items[index]
  if (item?.kind === 'table') {
    return [{ block, item, column, stored: storedName(item, column), expression: undefined }]
  }
  if (item?.kind !== 'block' || item.correlated) return []
  const inner = innerColumn(item.columns, column, item.block)
  // Rows that a LIMIT, a window or an aggregate has looked at together must not be thinned out below it.
  return inner === undefined || !isSliceable(item.block, inner) ? [] : origins(item.block, inner)
}

/** An expression over one single column of one table, such as a time bucket. */
function computedOrigin(block: SelectBlock, expression: Expression): Origin[] {
  const [only, ...others] = expression.columns
  if (only === undefined || others.length > 0) return []
  const item = block.items[only.item]
  if (item?.kind !== 'table') return []
  const { column } = only
  return [{ block, item, column, stored: storedName(item, column), expression: expression.ast }]
}

/**
 * How many times each piece of query text is used: a WITH query named twice is one text and two uses. One that is also
 * named where the analysis does not look counts as used again.
 */
export function textUses(root: Block): ReadonlyMap<SelectStmt, number> {
  const uses = new Map<SelectStmt, number>()
  const hidden: unknown[] = []
  countUses(root, uses, hidden)
  walk(root.ast, (kind, body) => {
    if (kind === 'SubLink') hidden.push(body)
    return undefined
  })
  for (const text of namedFrom(root.ast, hidden)) {
    const used = uses.get(text as SelectStmt)
    if (used !== undefined) uses.set(text as SelectStmt, used + 1)
  }
  return uses
}

function countUses(block: Block, uses: Map<SelectStmt, number>, hidden: unknown[]): void {
  uses.set(block.ast, (uses.get(block.ast) ?? 0) + 1)
  if (block.kind === 'opaque') hidden.push(block.ast)
  if (block.kind === 'set') for (const arm of block.arms) countUses(arm, uses, hidden)
  if (block.kind === 'select') {
    for (const item of block.items) if (item.kind === 'block') countUses(item.block, uses, hidden)
  }
}

/** Every piece of the WITH queries that these pieces name, directly or not; of one name all, which is always safe. */
function namedFrom(root: unknown, pieces: readonly unknown[]): Set<unknown> {
  const ctes = new Map<string, unknown[]>()
  walk(root, (kind, body) => {
    if (kind === 'CommonTableExpr') {
      const name = String(body.ctename)
      ctes.set(name, [...(ctes.get(name) ?? []), body.ctequery])
    }
    return undefined
  })
  const found = new Set<unknown>()
  const follow = (piece: unknown): void =>
    walk(piece, (kind, body) => {
      if (kind !== 'RangeVar' || body.schemaname !== undefined) return undefined
      for (const query of ctes.get(String(body.relname)) ?? []) {
        if (found.has(query)) continue
        everyPiece(query, found)
        follow(query)
      }
      return undefined
    })
  for (const piece of pieces) follow(piece)
  return found
}

function everyPiece(tree: unknown, found: Set<unknown>): void {
  if (typeof tree !== 'object' || tree === null) return
  found.add(tree)
  for (const value of Object.values(tree)) everyPiece(value, found)
}
