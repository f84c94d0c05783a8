import type { ViewSettings } from '../define/types.js'
import { databaseError } from '../engine/databaseError.js'
import { TidemarkError } from '../protocol/errors.js'
import { type Asked, answer, type Means } from './answer.js'
import { Board } from './board.js'
import { ViewCatalog } from './catalog.js'
import type { ColumnFacts } from './facts.js'
import type { JsonAnswer, JsonRequest, ReaderOptions } from './options.js'

export interface ViewDescription {
  /** `view`, or `schema.view` outside of public. */
  readonly view: string
  readonly schema: string
  readonly name: string
  readonly columns: readonly ColumnFacts[]
  readonly key: readonly string[]
  readonly settings: ViewSettings
  readonly description: string | null
  readonly bypassed: boolean
}

export interface Reader {
  /** @throws TidemarkError UNKNOWN_VIEW, READ_…, LIVE_REFUSED, PRIVILEGE_MISSING, DATABASE_UNREACHABLE. */
  readJson(request: JsonRequest): Promise<JsonAnswer>
  /** Remembered until the view changes. */
  describe(view: string): Promise<ViewDescription>
  /** Somebody who listens knows that the rows of a view are of this epoch now. */
  noteEpoch(view: string, epoch: string): void
  /** What is known of a view, or of all of them, is known no more. */
  invalidate(view?: string): void
  close(): Promise<void>
}

const defaultTimeoutMs = 30_000

export function createReader(options: ReaderOptions): Reader {
  const { database, views = [], statementTimeoutMs = defaultTimeoutMs } = options
  const limitMs = statementTimeoutMs === false ? 0 : statementTimeoutMs
  const means: Means = { database, catalog: new ViewCatalog(database, views), board: new Board(database) }

  return {
    async readJson(request) {
      return settled(answer(means, askedOf(request, limitMs)), request.signal)
    },
    async describe(name) {
      const { shown, schema, name: own, columns, key, settings, description, bypassed } = await means.catalog.find(name)
      return { view: shown, schema, name: own, columns, key, settings, description, bypassed }
    },
    noteEpoch(_view, epoch) {
      const [id = '', number = ''] = epoch.split('-')
      if (means.board.epoch(Number(id)) !== number) means.board.forget(Number(id))
    },
    invalidate(view) {
      means.catalog.forget(view)
      means.board.forgetAll()
    },
    async close() {},
  }
}

function askedOf(request: JsonRequest, limitMs: number): Asked {
  const {
    view,
    query,
    count,
    live = false,
    defaults = true,
    role,
    claims,
    format = 'json',
    statementTimeoutMs,
  } = request
  const { maxStalenessSeconds, whenStale } = request
  return {
    view,
    query,
    format,
    count: count === 'exact',
    live,
    defaults,
    role,
    claims,
    timeoutMs: statementTimeoutMs ?? limitMs,
    ...(maxStalenessSeconds === undefined ? {} : { maxStalenessSeconds }),
    ...(whenStale === undefined ? {} : { whenStale }),
  }
}

/** Ends when it is given up, whatever becomes of the work. */
async function settled<Result>(work: Promise<Result>, signal: AbortSignal | undefined): Promise<Result> {
  if (signal === undefined) return work.catch(raise)
  return new Promise((resolve, reject) => {
    const giveUp = (): void => reject(signal.reason)
    if (signal.aborted) giveUp()
    signal.addEventListener('abort', giveUp, { once: true })
    work
      .then(resolve, (error: unknown) => reject(asOurs(error)))
      .finally(() => signal.removeEventListener('abort', giveUp))
  })
}

function raise(error: unknown): never {
  throw asOurs(error)
}

function asOurs(error: unknown): TidemarkError {
  return error instanceof TidemarkError ? error : databaseError(error)
}
