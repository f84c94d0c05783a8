import type { FuncCall, SelectStmt } from '@pgsql/types'
import { walk } from '../parse/ast.js'

/** The window calls of one SELECT, wherever they may stand: in its list, in ORDER BY and in DISTINCT ON. */
export function windowCalls({ targetList, sortClause, distinctClause }: SelectStmt): FuncCall[] {
  const found: FuncCall[] = []
  walk([targetList, sortClause, distinctClause], (kind, body) => {
    if (kind === 'SubLink') return false
    if (kind === 'FuncCall' && typeof body.over === 'object' && body.over !== null) found.push(body as FuncCall)
    return undefined
  })
  return found
}
