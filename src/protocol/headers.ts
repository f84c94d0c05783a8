/** What a read says of the rows it returned, beside them. All of them have to be exposed across origins. */
export const readHeaders = {
  /** ISO 8601, UTC, with milliseconds: the rows equal the view's query as of then. */
  asOf: 'X-Data-As-Of',
  /** An upper bound, in seconds; 0 where nothing was pending. */
  staleness: 'X-Data-Staleness-Seconds',
  /** As in `ViewFreshness`: equal ones mean equal rows. */
  epoch: 'X-Data-Epoch',
  /** `view`, `live` or `cache`. */
  source: 'X-Data-Source',
} as const

export const readSources = ['view', 'live', 'cache'] as const

export type ReadSource = (typeof readSources)[number]
