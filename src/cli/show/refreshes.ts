import type { RefreshMode, RefreshResult } from '../../engine/refresh.js'
import { formatCount, formatMs, printable } from '../format.js'
import { table } from '../table.js'
import type { Colours, Terminal } from '../terminal.js'
import { showProblem } from './problem.js'

const columns = [
  { title: 'view' },
  { title: 'mode' },
  { title: 'slices', align: 'right' },
  { title: 'inserted', align: 'right' },
  { title: 'updated', align: 'right' },
  { title: 'deleted', align: 'right' },
  { title: 'took', align: 'right' },
] as const

export function showRefreshes(results: readonly RefreshResult[], terminal: Terminal): string {
  const { colours } = terminal
  if (results.length === 0) return 'No views are deployed.'
  const rows = results.map((result) => [
    colours.bold(printable(result.view)),
    showMode(result.mode, colours),
    formatCount(result.mode === 'full' ? null : result.slices),
    formatCount(result.inserted),
    formatCount(result.updated),
    formatCount(result.deleted),
    formatMs(result.durationMs),
  ])
  const problems = results.flatMap(({ view, error }) =>
    error === undefined ? [] : ['', showProblem(view, error, terminal)],
  )
  return [table(columns, rows, colours), ...problems].join('\n')
}

function showMode(mode: RefreshMode, colours: Colours): string {
  if (mode === 'failed') return colours.red('failed')
  if (mode === 'noop') return colours.dim('nothing to do')
  if (mode === 'skipped') return colours.yellow('skipped')
  return mode
}
