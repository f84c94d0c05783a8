import type { NormalisedView } from '../define/types.js'
import { databaseError } from '../engine/databaseError.js'
import { type SourcePosition, TidemarkError } from '../protocol/errors.js'
import { excerpt } from './excerpt.js'
import { printableLines, withCode, wrap } from './format.js'
import type { Terminal } from './terminal.js'

/**
 * Tells what went wrong: to people on standard error, and with --json on standard output too, where `besides` has what
 * could be found out all the same.
 */
export function reportFailure(
  error: unknown,
  terminal: Terminal,
  views: readonly NormalisedView[],
  besides: Readonly<Record<string, unknown>> = {},
): void {
  const known = asTidemarkError(error)
  if (terminal.json) terminal.result(JSON.stringify({ error: known, ...besides }, null, 2))
  const each = known.problems ?? [known]
  terminal.note(each.map((problem) => describeFailure(problem, terminal, views)).join('\n\n'))
  if (each.length > 1) terminal.note(`\n${terminal.errorColours.red(`${each.length} problems.`)}`)
  if (process.env.TIDEMARK_DEBUG === '1') terminal.note(stacks(error).join('\ncaused by: '))
}

export function asTidemarkError(error: unknown): TidemarkError {
  const known = databaseError(error)
  if (known.code !== 'INTERNAL' || known === error) return known
  return new TidemarkError('INTERNAL', error instanceof Error ? error.message : String(error), {
    hint: 'This should not happen. TIDEMARK_DEBUG=1 shows where it did; please report it.',
    cause: error,
  })
}

function describeFailure(error: TidemarkError, terminal: Terminal, views: readonly NormalisedView[]): string {
  const colours = terminal.errorColours
  const { position, hint } = error
  const message = messageWithoutPlace(error)
  const parts = [`${colours.red(colours.bold('error'))} ${colours.dim(error.code)}`]
  parts.push(wrap(printableLines(message), terminal.errorWidth, '  '))
  if (position !== undefined) {
    const style = { colours, paint: colours.red, around: 2 }
    parts.push('', ...excerpt(error.view, position, views, style).map((line) => `  ${line}`))
  }
  if (hint !== undefined) {
    const wrapped = wrap(printableLines(hint), terminal.errorWidth, '  ')
    parts.push('', withCode(wrapped, colours.cyan, colours.isColorSupported))
  }
  return parts.join('\n')
}

/** Of an error that is shown with its place. */
export function messageWithoutPlace({ message, position }: TidemarkError): string {
  return position === undefined ? message : message.replace(` (${placeIn(position)})`, '')
}

/** As messages have it in them. */
function placeIn({ file, line, column }: SourcePosition): string {
  return `${file ?? 'query'}:${line}:${column}`
}

function stacks(error: unknown): string[] {
  if (!(error instanceof Error)) return [String(error)]
  return [error.stack ?? error.message, ...(error.cause === undefined ? [] : stacks(error.cause))]
}
