import type { SelectStmt } from '@pgsql/types'
import { type Node, readsColumns } from '../parse/ast.js'

/** The rows of a VALUES list of constants; undefined for any other query. */
export function constantRows(ast: SelectStmt | undefined): readonly (readonly Node[])[] | undefined {
  if (ast === undefined || (ast.valuesLists ?? []).length === 0 || ast.withClause !== undefined) return undefined
  if (ast.limitCount !== undefined || ast.limitOffset !== undefined || readsColumns(ast.valuesLists)) return undefined
  return (ast.valuesLists ?? []).map((row) => ('List' in row ? (row.List.items ?? []) : []))
}

/** Names of the columns of a VALUES list. */
export function valuesColumns(rows: readonly (readonly Node[])[]): string[] {
  return (rows[0] ?? []).map((_, index) => `column${index + 1}`)
}

/** The columns that are another plain constant in each row: each tells the rows apart. */
export function distinctColumns(rows: readonly (readonly Node[])[], columns: readonly string[]): string[][] {
  return columns.flatMap((name, index) => {
    const texts = rows.map((row) => plainText(row[index]))
    return texts.includes(undefined) || new Set(texts).size < texts.length ? [] : [[name]]
  })
}

/** Of whole numbers and texts: those that are written differently differ. */
function plainText(node: Node | undefined): string | undefined {
  if (node !== undefined && 'TypeCast' in node) {
    const type = node.TypeCast.typeName?.names?.at(-1)
    return type !== undefined && 'String' in type && type.String.sval === 'text'
      ? plainText(node.TypeCast.arg)
      : undefined
  }
  if (node === undefined || !('A_Const' in node)) return undefined
  const { ival, sval } = node.A_Const
  return ival === undefined ? sval?.sval : String(ival.ival ?? 0)
}
