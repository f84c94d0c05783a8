import type { Applied } from '../../deploy/index.js'
import { counted, formatCount, formatMs, printable } from '../format.js'
import { table } from '../table.js'
import type { Terminal } from '../terminal.js'

export function showApplied({ changes, views }: Applied, { colours }: Terminal): string {
  const done = `${colours.green('✓')} ${changes.length === 0 ? 'Nothing had to be changed.' : `Applied ${counted(changes.length, 'change')}.`}`
  if (views.length === 0) return done
  const rows = views.map(({ view, rows: count, buildMs }) => [
    `  ${colours.bold(printable(view))}`,
    formatCount(count),
    formatMs(buildMs),
  ])
  const columns = [
    { title: '  view' },
    { title: 'rows', align: 'right' },
    { title: 'built in', align: 'right' },
  ] as const
  return [table(columns, rows, colours), '', done].join('\n')
}
