import type { SelectStmt } from '@pgsql/types'
import { hasSqlDetails, loadModule, parseSync } from 'libpg-query'
import { type SourcePosition, TidemarkError } from '../../protocol/errors.js'
import type { Node } from './ast.js'
import { textOf } from './deparse.js'

/** PostgreSQL's parser is WebAssembly: it has to be loaded once, before the first `parseSelect`. */
export const loadParser: () => Promise<void> = loadModule

/**
 * Parses one SELECT (or WITH … SELECT, or VALUES).
 * @throws TidemarkError QUERY_INVALID with the position in `sql`, QUERY_NOT_SELECT for anything else.
 */
export function parseSelect(sql: string): SelectStmt {
  const statements = parseStatements(sql)
  const only = statements[0]
  if (only === undefined) {
    throw new TidemarkError('QUERY_NOT_SELECT', 'The query is empty.', { hint: 'Write one SELECT.' })
  }
  if (statements.length > 1) {
    throw new TidemarkError('QUERY_NOT_SELECT', `The query holds ${statements.length} statements.`, {
      hint: 'A view is one single SELECT. Remove what stands after the first semicolon.',
    })
  }
  if (!('SelectStmt' in only)) {
    throw new TidemarkError('QUERY_NOT_SELECT', `The query is not a SELECT but a ${Object.keys(only)[0]}.`, {
      hint: 'Write the SELECT alone, without CREATE VIEW around it.',
    })
  }
  if (only.SelectStmt.intoClause !== undefined) {
    throw new TidemarkError('QUERY_NOT_SELECT', 'SELECT INTO makes a table; it cannot be a view.', {
      hint: 'Remove the INTO clause.',
    })
  }
  if ((only.SelectStmt.lockingClause ?? []).length > 0) {
    throw new TidemarkError('QUERY_NOT_SELECT', 'SELECT … FOR UPDATE locks rows; it cannot be a view.', {
      hint: 'Remove the locking clause.',
    })
  }
  return only.SelectStmt
}

function parseStatements(sql: string): Node[] {
  try {
    return (parseSync(sql).stmts ?? []).flatMap((raw) => (raw.stmt === undefined ? [] : [raw.stmt]))
  } catch (error) {
    if (error instanceof Error && hasSqlDetails(error)) {
      throw new TidemarkError('QUERY_INVALID', error.message, {
        hint: 'PostgreSQL cannot read the query at this place.',
        position: positionAt(sql, error.sqlDetails?.cursorPosition ?? 0),
        cause: error,
      })
    }
    throw error
  }
}

/** Line and column (from 1) of the character at `offset` (from 0, in code points as PostgreSQL counts them). */
export function positionAt(sql: string, offset: number): SourcePosition {
  const before = Array.from(sql).slice(0, Math.max(0, offset)).join('')
  const lines = before.split('\n')
  return { line: lines.length, column: (lines.at(-1) ?? '').length + 1 }
}

/** The tree of a scalar expression that we wrote ourselves. */
export function expressionOf(text: string): Node {
  const target = parseSelect(`SELECT ${text}`).targetList?.[0]
  if (target === undefined || !('ResTarget' in target) || target.ResTarget.val === undefined) {
    throw new SyntaxError(`not an expression: ${text}`)
  }
  return target.ResTarget.val
}

/** SQL text of a tree. What it means is checked elsewhere, by asking PostgreSQL for both canonical forms. */
export function toSql(node: Node | SelectStmt): string {
  return textOf(isWrapped(node) ? node : { SelectStmt: node })
}

function isWrapped(node: Node | SelectStmt): node is Node {
  const keys = Object.keys(node)
  return keys.length === 1 && /^[A-Z]/.test(keys[0] ?? '')
}
