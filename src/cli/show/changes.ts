import type { Change } from '../../deploy/index.js'
import { counted, printable, printableLines, wrap } from '../format.js'
import type { Colours, Terminal } from '../terminal.js'

/** What would be changed, as a list. */
export function showPlan(changes: readonly Change[], terminal: Terminal): string {
  const { colours } = terminal
  if (changes.length === 0) return `${colours.green('✓')} The database agrees with the configuration.`
  const losses = changes.filter((change) => change.destructive).length
  const end = losses === 0 ? 'Nothing is lost.' : colours.red(`${counted(losses, 'thing')} would be lost.`)
  return [showChanges(changes, terminal), '', `${counted(changes.length, 'change')}. ${end}`].join('\n')
}

export function showChanges(changes: readonly Change[], { colours, width }: Terminal): string {
  const actionWidth = Math.max(...changes.map((change) => change.action.length))
  return changes
    .flatMap((change) => [
      `  ${mark(change, colours)} ${change.action.padEnd(actionWidth)}  ${colours.bold(printable(change.object))}`,
      colours.dim(wrap(printableLines(change.detail), width, ' '.repeat(actionWidth + 6))),
    ])
    .join('\n')
}

function mark({ action, destructive }: Change, colours: Colours): string {
  if (destructive || action.startsWith('drop ')) return colours.red('-')
  return /^(rebuild|update|change) /.test(action) ? colours.yellow('~') : colours.green('+')
}
