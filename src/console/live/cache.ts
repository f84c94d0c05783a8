import type { QueryClient, QueryKey } from '@tanstack/react-query'
import type { AlertList, RunRecord } from '../../protocol/api.js'
import type { LiveEvent } from '../../protocol/events.js'
import { historyLength, type KnownDetail, keys } from '../api/queries.js'
import type { KnownView } from '../health/known.js'
import { applyToView, runOf, unwatched, withRun } from './apply.js'

/** Brings all that is shown up to date with events, in the order they came. */
export function applyEvents(client: QueryClient, events: readonly LiveEvent[]): void {
  if (events.some(({ type }) => type === 'reset')) {
    void client.invalidateQueries()
    return
  }
  applyToViews(client, events, Date.now())
  applyToHistory(client, events)
}

/** What has to be read again, since events say that it is another one but not what it is now. */
export function changedBy(events: readonly LiveEvent[]): readonly QueryKey[] {
  const changed: QueryKey[] = []
  for (const { type } of events) {
    if (type === 'views') changed.push(keys.views, ['view'], keys.lineage)
    if (type === 'deployment') changed.push(keys.deployment)
    // Whether it is quarantined now, and when it is tried again.
    if (type === 'failed' || type === 'alert') changed.push(keys.views)
    // What waits in each table.
    if (type === 'freshness' || type === 'refreshed') changed.push(keys.lineage)
  }
  for (const view of namesOf(events, 'failed')) changed.push(keys.view(view))
  for (const view of namesOf(events, 'refreshed')) changed.push(keys.rows(view))
  return [...new Map(changed.map((key) => [JSON.stringify(key), key])).values()]
}

function applyToViews(client: QueryClient, events: readonly LiveEvent[], now: number): void {
  for (const event of events) if (event.type === 'unwatched') applyToAll(client, (view) => unwatched(view, now))
  const byView = new Map<string, LiveEvent[]>()
  for (const event of events) {
    if ('view' in event) byView.set(event.view, [...(byView.get(event.view) ?? []), event])
  }
  const update = (view: KnownView): KnownView =>
    (byView.get(view.view) ?? []).reduce((state, event) => applyToView(state, event, now), view)
  if (byView.size > 0) client.setQueryData<readonly KnownView[]>(keys.views, (views) => views?.map(update))
  for (const view of byView.keys()) {
    client.setQueryData<KnownDetail>(keys.view(view), (detail) => detail && { ...detail, ...update(detail) })
  }
}

function applyToAll(client: QueryClient, update: (view: KnownView) => KnownView): void {
  client.setQueryData<readonly KnownView[]>(keys.views, (views) => views?.map(update))
  client.setQueriesData<KnownDetail>({ queryKey: ['view'] }, (detail) => detail && { ...detail, ...update(detail) })
}

function applyToHistory(client: QueryClient, events: readonly LiveEvent[]): void {
  for (const event of events) {
    if (event.type === 'refreshed' || event.type === 'failed') {
      const run = runOf(event)
      const add = (runs: readonly RunRecord[] | undefined) => runs && withRun(runs, run, historyLength)
      client.setQueryData(keys.runs(event.view), add)
      client.setQueryData(keys.allRuns, add)
    } else if (event.type === 'alert' || event.type === 'stale') {
      const alert = { ...event.alert, id: `live ${event.alert.kind} ${event.view} ${event.at}` }
      client.setQueryData<AlertList['alerts']>(keys.alerts, (alerts) => {
        const known = alerts?.some(
          ({ kind, view, at }) => kind === alert.kind && view === alert.view && at === alert.at,
        )
        return known ? alerts : alerts && [alert, ...alerts].slice(0, historyLength)
      })
    }
  }
}

function namesOf(events: readonly LiveEvent[], type: 'failed' | 'refreshed'): ReadonlySet<string> {
  return new Set(events.flatMap((event) => (event.type === type ? [event.view] : [])))
}
