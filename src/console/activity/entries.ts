import type { AlertList, RunRecord } from '../../protocol/api.js'

export type Entry =
  | { readonly kind: 'run'; readonly id: string; readonly at: string; readonly view: string; readonly run: RunRecord }
  | {
      readonly kind: 'alert'
      readonly id: string
      readonly at: string
      readonly view: string
      readonly alert: AlertList['alerts'][number]
    }

export type Shown = 'all' | 'runs' | 'failures' | 'alerts'

/** Runs and alerts as one list, the newest first. */
export function entriesOf(runs: readonly RunRecord[], alerts: AlertList['alerts']): Entry[] {
  const entries: Entry[] = [
    ...runs.map((run): Entry => ({ kind: 'run', id: `run ${run.id}`, at: run.finishedAt, view: run.view, run })),
    ...alerts.map(
      (alert): Entry => ({ kind: 'alert', id: `alert ${alert.id}`, at: alert.at, view: alert.view, alert }),
    ),
  ]
  return entries.sort((a, b) => Date.parse(b.at) - Date.parse(a.at))
}

export function isShown(entry: Entry, shown: Shown, words: string): boolean {
  if (!entry.view.toLowerCase().includes(words.trim().toLowerCase())) return false
  if (shown === 'alerts') return entry.kind === 'alert'
  if (shown === 'runs') return entry.kind === 'run'
  if (shown === 'failures') return isFailure(entry)
  return true
}

function isFailure(entry: Entry): boolean {
  return entry.kind === 'run' ? entry.run.mode === 'failed' : entry.alert.kind !== 'recovered'
}
