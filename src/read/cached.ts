import { type Asked, actionOf, answer, isTooOld, type Means, viewOf } from './answer.js'
import { type Caches, keyOf } from './cache/caches.js'
import { isSteady, readsClock } from './cache/steady.js'
import type { ViewFacts } from './facts.js'
import type { Flights } from './flights.js'
import type { JsonAnswer, RecalledAnswer } from './options.js'
import { ageNow, epochOf, isBroken, isOf } from './state.js'

export interface CachedMeans extends Means {
  readonly caches: Caches
  readonly flights: Flights<JsonAnswer>
}

/**
 * Answers a read from a cache, where rows of the view's present epoch are there; else from the database, once for all who
 * ask the same meanwhile. Which epoch is the present one is known from the board: it was looked at a moment ago, and that
 * moment is counted in the age of what is served.
 */
export async function cachedAnswer(means: CachedMeans, asked: Asked): Promise<JsonAnswer> {
  const { catalog, board, caches, flights } = means
  const view = await viewOf(means, asked)
  const forMs = view.read.cacheForMs
  if (forMs === null || !isCacheable(view, asked)) return answer(means, asked)
  const state = await board.look(view.id)
  if (!isOf(state, view)) {
    catalog.forget(asked.view)
    return answer(means, asked)
  }
  const tooOld = isTooOld(view, asked, ageNow(state)) && actionOf(view, asked) !== 'serve'
  const parts = partsOf(view, asked)
  const key = (epoch: string): string => keyOf([...parts, epoch])
  const present = epochOf(view.id, state)
  if (!isBroken(state) && !tooOld) {
    const found = caches.near(key(present)) ?? (await caches.far(key(present), forMs))
    const age = ageNow(state)
    if (found !== undefined) {
      const { body, rows, total } = found
      return { body, rows, total, epoch: present, asOf: state.asOf, stalenessSeconds: age, source: 'cache' }
    }
  }
  // Another turn: what is under way may be of rows that were told to be old.
  const { maxStalenessSeconds, whenStale, timeoutMs, afterWrite } = asked
  const rules = [maxStalenessSeconds, whenStale, timeoutMs, afterWrite, board.turn(view.id)]
  const { result, beforeMs } = await flights.join(keyOf([...parts, present, rules]), async () => {
    const found = await answer(means, asked)
    const { body, rows, total, epoch, source } = found
    if (source === 'view' && epoch !== null) caches.set(key(epoch), { body, rows, total }, forMs)
    return found
  })
  const age = result.stalenessSeconds
  return beforeMs === 0 || age === null ? result : { ...result, stalenessSeconds: age + beforeMs / 1000 }
}

/** What was found out about a read that is asked for again and again, as long as its view is what it was. */
interface Recollection {
  readonly view: ViewFacts
  readonly asked: Asked
  readonly isCacheable: boolean
  epoch: string | null
  key: string
}

const recollections = new WeakMap<object, Recollection>()

/**
 * The answer to a read, where all of it is at hand: its view and the epoch are known, and the rows are in memory. The same as
 * `cachedAnswer` gives then, at once.
 * @param request stands for the read, and is remembered: the same one is the same read.
 */
export function recalledAnswer(
  { board, caches }: CachedMeans,
  view: ViewFacts,
  request: object,
  askedOf: () => Asked,
): RecalledAnswer | undefined {
  const known = recollections.get(request)
  const recollection = known?.view === view ? known : recollectionOf(view, askedOf())
  if (recollection !== known) recollections.set(request, recollection)
  const state = board.recent(view.id)
  if (!recollection.isCacheable || state === undefined || !isOf(state, view) || isBroken(state)) return
  const { asked } = recollection
  const age = ageNow(state)
  if (isTooOld(view, asked, age) && actionOf(view, asked) !== 'serve') return undefined
  if (recollection.epoch !== state.epoch) {
    recollection.epoch = state.epoch
    recollection.key = keyOf([...partsOf(view, asked), epochOf(view.id, state)])
  }
  const found = caches.nearIfThere(recollection.key)
  if (found === undefined) return undefined
  const { body, rows, total } = found
  const epoch = epochOf(view.id, state)
  return { body, rows, total, epoch, asOf: state.asOf, stalenessSeconds: age, source: 'cache', kept: found.serial }
}

function recollectionOf(view: ViewFacts, asked: Asked): Recollection {
  const cacheable = view.read.cacheForMs !== null && isCacheable(view, asked)
  return { view, asked, isCacheable: cacheable, epoch: null, key: '' }
}

/** What makes the answer what it is, but for the rows. */
function partsOf(view: ViewFacts, { query, format, count, defaults, role, claims }: Asked): unknown[] {
  return [view.identity, view.version, format, count, defaults, query, role ?? null, claims ?? null]
}

function isCacheable(view: ViewFacts, { live, role, claims, defaults, query }: Asked): boolean {
  const { guard, filter, cacheChosen } = view.read
  if (live || view.id === 0 || view.bypassed) return false
  // Policies may look at anything, and then nothing tells when their answer changes: so only where it was asked for.
  if ((role !== undefined || claims !== undefined) && !cacheChosen) return false
  return isSteady(guard) && (!defaults || isSteady(filter)) && !readsClock(query.where)
}
