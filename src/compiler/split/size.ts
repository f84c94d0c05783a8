import { origins } from '../analyze/origins.js'
import { isPiece, type RelationFacts } from '../facts.js'
import type { Block, SelectBlock } from '../ir/types.js'

/** Rows that a piece is taken to have: fewer than its tables have, by far, or about as many. */
export const pieceRows = { few: 10_000, many: 1_000_000 } as const

/** A piece with far fewer rows than the tables beneath it: to compute something of all of them again is cheap. */
export function isSmallPiece(relation: RelationFacts): boolean {
  return isPiece(relation) && relation.rows <= pieceRows.few
}

/** Whether a query has far fewer rows than the tables that it reads, as far as its text and their keys tell. */
export function isSmall(block: Block): boolean {
  if (block.kind === 'opaque') return false
  if (block.kind === 'set') return block.arms.every(isSmall)
  if ((block.group !== undefined || block.distinct !== 'no') && !isAboutAsLarge(block)) return true
  return block.items.every((item) => {
    if (item.kind === 'table') return isSmallPiece(item.relation)
    return item.kind === 'function' || isSmall(item.block)
  })
}

/**
 * Whether a query has few rows however many its tables have: no group for each row of any table, not for each that another
 * refers to. As the schema alone tells.
 */
export function hasFewRows(root: Block, key: readonly string[]): boolean {
  if (key.length === 0) return true
  const isOfRow = (name: string): boolean =>
    origins(root, name).some(({ item: { relation }, stored, expression }) => {
      if (expression !== undefined) return false
      return relation.references.includes(stored) || relation.keys.some((columns) => columns.includes(stored))
    })
  return isSmall(root) && !key.some(isOfRow)
}

/** Has about as many rows as what it reads: there is a group for each row of some table, or nothing is grouped. */
export function isAboutAsLarge(block: SelectBlock): boolean {
  const { group } = block
  if (group === undefined) return block.distinct === 'no'
  const grouped = new Set(group.flatMap(({ ast, columns }) => ('ColumnRef' in ast ? columns : [])).map(place))
  return block.items.some(
    (item, index) =>
      item.kind === 'table' &&
      item.relation.keys.some((key) =>
        key.every((stored) => {
          const column = item.columns[item.sourceColumns.indexOf(stored)]
          return column !== undefined && grouped.has(place({ item: index, column }))
        }),
      ),
  )
}

function place({ item, column }: { readonly item: number; readonly column: string }): string {
  return `${item} ${column}`
}
