import type { ViewSettings } from '../../define/types.js'
import { readHeaders } from '../../protocol/headers.js'
import type { JsonAnswer } from '../../read/index.js'

export type Found = Pick<JsonAnswer, 'asOf' | 'stalenessSeconds' | 'epoch' | 'source'>

/** How old the rows are. */
export function freshnessHeaders({ asOf, stalenessSeconds, epoch, source }: Found): Record<string, string> {
  return {
    [readHeaders.source]: source,
    ...(epoch === null ? {} : { [readHeaders.epoch]: epoch }),
    ...(asOf === null ? {} : { [readHeaders.asOf]: asOf.toISOString(), 'Last-Modified': asOf.toUTCString() }),
    // It is an upper bound: never rounded down.
    ...(stalenessSeconds === null
      ? {}
      : { [readHeaders.staleness]: String(Math.ceil(stalenessSeconds * 1000) / 1000) }),
    // Rows in the reader's cache are known to be those of the present epoch: no time counts against them.
    ...(source === 'cache' ? { Age: '0' } : {}),
  }
}

export interface Audience {
  /** Anyone may have the same answer. */
  readonly shared: boolean
  /** What is read depends on who reads. */
  readonly personal: boolean
}

/** What the answer depends on, besides its address: a rule of the user's own may tell people by their cookies. */
export function variesBy({ shared }: Audience): string {
  const always = 'Accept, Accept-Profile, Authorization, apikey, Prefer, Range, Range-Unit'
  return shared ? always : `${always}, Cookie`
}

/**
 * How long an answer may be handed out without asking. Caches outside are not told of a refresh, so that it is what is left
 * of the view's freshness target, and never more than `cacheFor`. Without either it is asked for each time, by its tag.
 */
export function cacheControl(
  { freshnessMs, read }: Pick<ViewSettings, 'freshnessMs' | 'read'>,
  audience: Audience,
  stalenessSeconds: number | null,
): string {
  const scope = audience.shared ? 'public' : 'private'
  const { cacheForMs, cacheChosen } = read
  if (cacheForMs === null || (audience.personal && !cacheChosen)) return `${scope}, no-cache`
  const cacheFor = cacheChosen ? cacheForMs / 1000 : Number.POSITIVE_INFINITY
  const target = freshnessMs === null ? Number.POSITIVE_INFINITY : freshnessMs / 1000
  const left = Math.min(cacheFor, target - (freshnessMs === null ? 0 : (stalenessSeconds ?? target)))
  if (!Number.isFinite(left)) return `${scope}, no-cache`
  const revalidate = Math.ceil(Math.min(cacheFor, target))
  return `${scope}, max-age=${Math.max(0, Math.floor(left))}, stale-while-revalidate=${revalidate}`
}
