import { formatCount, printable } from '../format.js'
import { table } from '../table.js'
import type { Terminal } from '../terminal.js'
import { type CheckedView, isBad } from '../verifyAll.js'
import { showProblem } from './problem.js'

const columns = [
  { title: 'view' },
  { title: 'missing', align: 'right' },
  { title: 'unexpected', align: 'right' },
  { title: '' },
] as const

export function showVerifications(results: readonly CheckedView[], terminal: Terminal): string {
  const { colours } = terminal
  if (results.length === 0) return 'No views are deployed.'
  const rows = results.map((result) => [
    colours.bold(printable(result.view)),
    formatCount(result.missing),
    formatCount(result.unexpected),
    verdict(result, terminal),
  ])
  const problems = results.flatMap(({ view, error }) =>
    error === undefined ? [] : ['', showProblem(view, error, terminal)],
  )
  return [table(columns, rows, colours), ...problems].join('\n')
}

function verdict(result: CheckedView, { colours }: Terminal): string {
  if (result.error !== undefined) return colours.red('✗ not verified')
  return isBad(result) ? colours.red('✗ differs from its query') : colours.green('✓ equals its query')
}
