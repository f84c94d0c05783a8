import type { SelectStmt } from '@pgsql/types'
import { type SourcePosition, TidemarkError } from '../../protocol/errors.js'
import { walk } from './ast.js'
import { parseSelect } from './parse.js'

/** In front of a condition that is parsed: a line of its own, so that columns stay what they are. */
const head = 'SELECT WHERE\n'

/** What a SELECT that is nothing but a condition has in its tree. */
const alone: ReadonlySet<string> = new Set(['whereClause', 'limitOption', 'op'] satisfies (keyof SelectStmt)[])

/**
 * Makes sure that a text is one condition, and stays the same one between parentheses among others: what closes a
 * parenthesis that it did not open would otherwise be two halves of something else.
 * @throws TidemarkError CONFIG_INVALID with the position in the text.
 */
export function checkCondition(text: string): void {
  const tree = parsed(text)
  const more = Object.keys(tree).some((key) => !alone.has(key)) || (tree.op ?? 'SETOP_NONE') !== 'SETOP_NONE'
  if (more || tree.whereClause === undefined) {
    throw wrong('It is more than one condition.', 'Write what would stand behind WHERE, and nothing behind it.')
  }
  walk(tree.whereClause, (kind) => {
    if (kind === 'ParamRef') throw wrong('It has a parameter.', 'Nobody gives it a value: write the value itself.')
    if (kind === 'SubLink') {
      throw wrong(
        'It has a subquery.',
        'A condition is about the row alone: return what it asks for as a column of the view.',
      )
    }
    return undefined
  })
}

function parsed(text: string): SelectStmt {
  try {
    return parseSelect(`${head}${text}\n`)
  } catch (error) {
    if (!(error instanceof TidemarkError)) throw error
    if (error.code !== 'QUERY_INVALID') throw wrong('It is more than one condition.', 'Write one, without a semicolon.')
    const position = error.position && behindHead(error.position)
    throw new TidemarkError('CONFIG_INVALID', `${error.message}.`, {
      hint: 'PostgreSQL cannot read the condition at this place.',
      ...(position === undefined ? {} : { position }),
      cause: error.cause,
    })
  }
}

/** A position in a text that a condition begins in the second line of. */
export function behindHead({ line, column }: SourcePosition): SourcePosition | undefined {
  return line < 2 ? undefined : { line: line - 1, column }
}

function wrong(message: string, hint: string): TidemarkError {
  return new TidemarkError('CONFIG_INVALID', message, { hint })
}
