import type { ViewStatus } from '../../engine/status.js'
import type { ViewState } from '../../protocol/freshness.js'
import { formatAge, formatCount, formatSeconds, printable } from '../format.js'
import { table } from '../table.js'
import type { Colours, Terminal } from '../terminal.js'
import { showProblem } from './problem.js'

const columns = [
  { title: 'view' },
  { title: 'state' },
  { title: 'behind', align: 'right' },
  { title: 'pending', align: 'right' },
  { title: 'rows', align: 'right' },
  { title: 'as of' },
  { title: 'last run' },
] as const

export function showStatus(statuses: readonly ViewStatus[], terminal: Terminal, now = new Date()): string {
  const { colours } = terminal
  if (statuses.length === 0) return 'No views are deployed. Run: tidemark apply'
  const rows = statuses.map((status) => [
    colours.bold(printable(status.view)),
    showState(status.state, colours),
    showStaleness(status.stalenessSeconds, colours),
    showPending(status),
    formatCount(status.rows),
    formatAge(status.asOf, now),
    formatAge(status.lastRun, now),
  ])
  const problems = statuses.flatMap(({ view, lastError }) =>
    lastError === null ? [] : ['', showProblem(view, lastError, terminal)],
  )
  const warnings = statuses.flatMap((status) =>
    status.warnings.flatMap((warning) => ['', showProblem(status.view, warning, terminal, 'warning')]),
  )
  return [table(columns, rows, colours), ...problems, ...warnings].join('\n')
}

function showState(state: ViewState, colours: Colours): string {
  if (state === 'ready') return colours.green('● ready')
  if (state === 'error' || state === 'quarantined') return colours.red(`✗ ${state}`)
  return colours.yellow(`○ ${state}`)
}

function showStaleness(seconds: number | null, colours: Colours): string {
  if (seconds === null) return '–'
  return seconds === 0 ? colours.green('fresh') : formatSeconds(seconds)
}

function showPending({ pendingChanges, morePending }: ViewStatus): string {
  return `${morePending ? '> ' : ''}${formatCount(pendingChanges)}`
}
