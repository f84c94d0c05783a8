import { isDeepStrictEqual } from 'node:util'
import type { ViewSettings } from '../define/types.js'
import { databaseError } from '../engine/databaseError.js'
import { TidemarkError } from '../protocol/errors.js'
import { waitForWrite } from './afterWrite.js'
import { type Asked, answer, gone, type Means, mostTries, viewOf } from './answer.js'
import { Board } from './board.js'
import { type CacheStatistics, Caches } from './cache/caches.js'
import { type CachedMeans, cachedAnswer, recalledAnswer } from './cached.js'
import { ViewCatalog } from './catalog.js'
import { isOfRequest } from './errors.js'
import type { ColumnFacts, ViewFacts } from './facts.js'
import { Flights } from './flights.js'
import type { JsonAnswer, JsonRequest, ReaderOptions, RecalledAnswer } from './options.js'
import { type PresentRows, presentRows } from './present.js'
import type { BodyFormat } from './statement.js'
import { typedQuery } from './typed/read.js'
import type { ReadRequest, ReadResult, ViewRows } from './typed/types.js'

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
  /** Another one whenever the view is defined, set or built otherwise; and of no other view anywhere. */
  readonly revision: string
}

/** All of its methods throw TidemarkError: UNKNOWN_VIEW, READ_…, LIVE_REFUSED, PRIVILEGE_MISSING, DATABASE_UNREACHABLE. */
export interface Reader<Views extends object = ViewRows> {
  /** Rows of a view, with every value as `pg` gives it: `bigint` and `numeric` are strings. */
  read<Name extends keyof Views & string, Column extends keyof Views[Name] & string = keyof Views[Name] & string>(
    view: Name,
    request?: ReadRequest<Views[Name], Column>,
  ): Promise<ReadResult<Pick<Views[Name], Column>>>
  /** Rows of a view as one text that PostgreSQL makes. */
  readJson(request: JsonRequest): Promise<JsonAnswer>
  /**
   * The same at once, where rows are in memory that are known to be the present ones; nothing where something has to be
   * asked, or the view is another than it was described as. The same object is taken for the same read: it must never change.
   */
  recall(request: JsonRequest, described: ViewDescription): RecalledAnswer | undefined
  /**
   * Remembered until the view changes, and the same object until then.
   * @param provisional for who reads kept rows next: whether it is still so shows then.
   */
  describe(view: string, provisional?: boolean): Promise<ViewDescription>
  /** The kept rows that a read would be of, known as of a moment ago at most; null where it may be answered otherwise. */
  present(view: string): Promise<PresentRows | null>
  /** Somebody who listens knows that the rows of a view are of this epoch now. */
  noteEpoch(view: string, epoch: string): void
  /** What is known of a view, or of all of them, is known no more. */
  invalidate(view?: string): void
  /** null: nothing is cached. */
  readonly statistics: CacheStatistics | null
  /** Ends what it opened itself; the database stays its owner's. */
  close(): Promise<void>
}

const defaultTimeoutMs = 30_000
const defaultWaitMs = 5_000

/** Reads views: kept rows, the query itself where these are not to be had, and a cache before both where one is given. */
export function createReader<Views extends object = ViewRows>(options: ReaderOptions): Reader<Views> {
  const { database, views = [], statementTimeoutMs = defaultTimeoutMs, cache = false } = options
  const limitMs = statementTimeoutMs === false ? 0 : statementTimeoutMs
  const means: Means = { database, catalog: new ViewCatalog(database, views), board: new Board(database) }
  const caches = cache === false ? undefined : new Caches(cache === true ? {} : cache)
  const flights = new Flights<JsonAnswer>()
  const cachedMeans: CachedMeans | undefined = caches === undefined ? undefined : { ...means, caches, flights }

  async function perform(request: JsonRequest, format: BodyFormat): Promise<JsonAnswer> {
    const asked = askedOf(request, format, limitMs)
    await waited(request)
    return cachedMeans === undefined ? answer(means, asked) : cachedAnswer(cachedMeans, asked)
  }

  async function waited({ view: name, afterWrite, afterWriteTimeoutMs, live, signal }: JsonRequest): Promise<void> {
    if (afterWrite === undefined || live === true) return
    const view = await means.catalog.find(name)
    if (view.id === 0 || view.bypassed) return
    await waitForWrite(database, view, afterWrite, afterWriteTimeoutMs ?? defaultWaitMs, signal)
    // What was known before may be of before the write.
    means.board.forget(view.id)
  }

  async function typed(name: string, request: ReadRequest<Record<string, unknown>>) {
    const { select: _, where: __, order: ___, limit: ____, after: _____, ...rest } = request
    const { catalog } = means
    for (let tried = 1; ; tried++) {
      const view = await catalog.findProvisional(name)
      try {
        const { query, read } = typedQuery(view, request)
        const found = await perform({ ...rest, view: name, query }, 'text')
        // Reading may have found that the view is another one now, whose columns are of other types.
        if (isAlike(view, await catalog.findProvisional(name))) return read(found)
      } catch (error) {
        if (tried === mostTries || !isOfRequest(error) || isAlike(view, await catalog.renewed(name))) throw error
      }
      if (tried === mostTries) gone(view)
    }
  }

  return {
    read: (view, request = {}) =>
      settled(typed(view, request as ReadRequest<Record<string, unknown>>), request.signal) as never,
    readJson: (request) => settled(perform(request, request.format ?? 'json'), request.signal),
    recall(request, described) {
      if (cachedMeans === undefined || request.afterWrite !== undefined) return undefined
      const view = means.catalog.recent(request.view)
      if (view === undefined || descriptions.get(view) !== described) return undefined
      return recalledAnswer(cachedMeans, view, request, () => askedOf(request, request.format ?? 'json', limitMs))
    },
    async describe(name, provisional = false) {
      return descriptionOf(await viewOf(means, { view: name, live: !provisional }))
    },
    async present(name) {
      return presentRows(means, await means.catalog.findProvisional(name))
    },
    noteEpoch(_view, epoch) {
      const [, id, number] = /^(\d+)-(\d+)$/.exec(epoch) ?? []
      if (id !== undefined && means.board.epoch(Number(id)) !== number) means.board.forget(Number(id))
    },
    invalidate(view) {
      means.catalog.forget(view)
      means.board.forgetAll()
    },
    get statistics() {
      return caches === undefined ? null : { ...caches.statistics, joined: flights.joined }
    },
    async close() {
      caches?.close()
    },
  }
}

/** What is read of the one is understood as it is of the other. */
function isAlike(one: ViewFacts, other: ViewFacts): boolean {
  return one === other || (one.version === other.version && isDeepStrictEqual(one.columns, other.columns))
}

const descriptions = new WeakMap<ViewFacts, ViewDescription>()

function descriptionOf(facts: ViewFacts): ViewDescription {
  const known = descriptions.get(facts)
  if (known !== undefined) return known
  const { shown, schema, name, columns, key, settings, description, bypassed, identity, version } = facts
  const revision = `${identity} ${version}`
  const made = { view: shown, schema, name, columns, key, settings, description, bypassed, revision }
  descriptions.set(facts, made)
  return made
}

function askedOf(request: JsonRequest, format: BodyFormat, limitMs: number): Asked {
  const { view, query, count, live = false, defaults = true, role, claims, statementTimeoutMs, afterWrite } = request
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
    afterWrite,
    ...(maxStalenessSeconds === undefined ? {} : { maxStalenessSeconds }),
    ...(whenStale === undefined ? {} : { whenStale }),
  }
}

/** Ends when it is given up, whatever becomes of the work. */
async function settled<Result>(work: Promise<Result>, signal: AbortSignal | undefined): Promise<Result> {
  if (signal === undefined) {
    return work.catch((error: unknown) => {
      throw asOurs(error)
    })
  }
  return new Promise((resolve, reject) => {
    const giveUp = (): void => reject(signal.reason)
    if (signal.aborted) giveUp()
    signal.addEventListener('abort', giveUp, { once: true })
    work
      .then(resolve, (error: unknown) => reject(asOurs(error)))
      .finally(() => signal.removeEventListener('abort', giveUp))
  })
}

function asOurs(error: unknown): TidemarkError {
  return error instanceof TidemarkError ? error : databaseError(error)
}
