import type { Pool } from 'pg'
import type { NormalisedView } from '../../src/define/types.js'
import type { Explanation } from '../../src/deploy/index.js'
import { databaseError } from '../../src/engine/databaseError.js'
import type { RefreshMode } from '../../src/engine/refresh.js'
import type { Verification } from '../../src/engine/verify.js'
import { measuredRefresh } from '../kit/refreshing.js'
import type { Rejected } from '../kit/types.js'

/** One view, and the milliseconds of its refreshes by round. */
export class Measured {
  readonly name: string
  readonly incremental: boolean
  readonly times = { ours: [] as number[], concurrently: [] as number[], plain: [] as number[] }
  verified = false
  /** What went wrong while it was measured; nothing more is then done with it. */
  failure: Rejected | undefined
  readonly #modes = new Set<RefreshMode>()

  constructor(
    view: NormalisedView,
    readonly explanation: Explanation | undefined,
  ) {
    this.name = view.name
    this.incremental = explanation?.incremental ?? false
  }

  /** How its tables are followed, then how the refreshes went. */
  get mode(): string {
    const kinds = new Set(this.explanation?.sources.map(({ maintenance }) => maintenance))
    const followed = (['slice', 'delta', 'full'] as const).filter((kind) => kinds.has(kind))
    return `${followed.join(' + ')}, ${[...this.#modes].join(' or ')}`
  }

  /** Whether there was ever anything to refresh. */
  get changed(): boolean {
    return [...this.#modes].some((mode) => mode !== 'noop')
  }

  took(who: keyof Measured['times'], ms: number, counts: boolean): void {
    if (counts) this.times[who].push(ms)
  }

  async refresh(pool: Pool, counts: boolean): Promise<void> {
    const { ms, mode } = await measuredRefresh(pool, this.name)
    this.took('ours', ms, counts)
    if (counts) this.#modes.add(mode)
  }

  checked({ missing, unexpected }: Verification): void {
    this.verified = missing === 0 && unexpected === 0
  }

  /** Does some work; an error is noted, and ends what is done with this view, not with the others. */
  async noting(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      const { code, message } = databaseError(error)
      this.failure = { case: this.name, code, message }
    }
  }
}
