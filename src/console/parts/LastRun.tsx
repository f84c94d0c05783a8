import type { KnownView } from '../health/known.js'
import { Ago } from './Ago.js'

/** When a view was refreshed last; or that it was tried, and failed. */
export function LastRun({ view }: { readonly view: KnownView }) {
  const last = view.recentRuns.at(-1)
  return (
    <>
      {last?.failed === true ? 'failed ' : ''}
      <Ago time={view.lastRun} />
    </>
  )
}
