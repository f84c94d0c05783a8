import { printable, printableLines, wrap } from '../format.js'
import type { Terminal } from '../terminal.js'

interface Problem {
  readonly code: string
  readonly message: string
  readonly hint?: string
}

/** What is wrong with one view, below a table. */
export function showProblem(
  view: string,
  { code, message, hint }: Problem,
  { colours, width }: Terminal,
  kind: 'error' | 'warning' = 'error',
): string {
  const mark = kind === 'error' ? colours.red('✗') : colours.yellow('!')
  const lines = [`${mark} ${colours.bold(printable(view))}  ${colours.dim(printable(code))}`]
  lines.push(wrap(printableLines(message), width, '  '))
  if (hint !== undefined) lines.push(colours.dim(wrap(printableLines(hint), width, '  ')))
  return lines.join('\n')
}
