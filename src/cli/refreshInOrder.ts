import { displayName } from '../define/names.js'
import type { DeployedView } from '../deploy/deployed.js'
import type { Database } from '../engine/database.js'
import { type RefreshResult, refreshView } from '../engine/refresh.js'
import { fullName } from './choose.js'
import { printable } from './format.js'
import type { Terminal } from './terminal.js'

/** Refreshes one view after the other. When it is interrupted, those that are left count as skipped. */
export async function refreshInOrder(
  database: Database,
  views: readonly DeployedView[],
  options: { readonly full: boolean; readonly signal: AbortSignal },
  terminal: Terminal,
): Promise<RefreshResult[]> {
  const results: RefreshResult[] = []
  for (const view of views) {
    const name = displayName(view)
    terminal.redraw(terminal.errorColours.dim(`refreshing ${printable(name)} …`))
    results.push({ ...(await refreshView(database, fullName(view), { ...options, worker: 'cli' })), view: name })
  }
  return results
}
