import { setTimeout as delay } from 'node:timers/promises'
import { displayName } from '../define/names.js'
import type { DeployedView } from '../deploy/deployed.js'
import type { Database } from '../engine/database.js'
import { readStatus, type ViewStatus } from '../engine/status.js'
import { TidemarkError } from '../protocol/errors.js'
import { chooseDeployed } from './deployedViews.js'
import { type ExitCode, exitCode } from './exitCode.js'
import { interruption } from './interruption.js'
import { showStatus } from './show/status.js'
import type { Terminal } from './terminal.js'

const everyMs = 1_000
const homeAndClear = '\u001b[H\u001b[J'
const alternateScreen = { on: '\u001b[?1049h\u001b[?25l', off: '\u001b[?25h\u001b[?1049l' }

/** Freshness of the chosen views, by name. */
export async function readStatusOf(database: Database, chosen: readonly DeployedView[]): Promise<ViewStatus[]> {
  const statuses = await readStatus(database)
  const names = new Set(chosen.map(displayName))
  return statuses.filter((status) => names.has(status.view))
}

/** Shows freshness again and again: on a terminal in place, elsewhere one table below the other. */
export async function watchStatus(database: Database, names: readonly string[], terminal: Terminal): Promise<ExitCode> {
  if (terminal.json) {
    throw new TidemarkError('USAGE_INVALID', '--watch and --json do not go together: JSON output is one document.', {
      hint: 'Leave one of them out, and call `tidemark status --json` as often as you need it.',
    })
  }
  const signal = interruption(terminal, '')
  const { stdout } = process
  const inPlace = stdout.isTTY === true
  stdout.on('error', () => process.exit(exitCode.done)) // nobody reads any more
  if (inPlace) stdout.write(alternateScreen.on)
  let last = ''
  try {
    while (!signal.aborted) {
      const statuses = await readStatusOf(database, await chooseDeployed(database, names))
      last = showStatus(statuses, terminal)
      const title = terminal.colours.dim(`tidemark status · ${new Date().toLocaleTimeString('en-GB')} · Ctrl-C ends`)
      stdout.write(inPlace ? `${homeAndClear}${title}\n\n${last}\n` : `${last}\n\n`)
      await delay(everyMs, undefined, { signal }).catch(() => undefined)
    }
  } finally {
    if (inPlace) stdout.write(`${alternateScreen.off}${last}\n`)
  }
  return exitCode.done
}
