import type { Fragment } from '../compiler/fragment.js'
import type { WhenStale } from '../define/types.js'
import type { Database } from '../engine/database.js'
import { TidemarkError } from '../protocol/errors.js'
import { behind } from './afterWrite.js'
import type { Board } from './board.js'
import type { ViewCatalog } from './catalog.js'
import { computingError, isMissing, isOfRequest, readError } from './errors.js'
import type { ViewFacts } from './facts.js'
import type { JsonAnswer, StalenessRules } from './options.js'
import type { ReadQuery } from './query.js'
import { type Answer, runReading } from './session.js'
import { ageNow, epochOf, isBroken, isOf, type ReadState } from './state.js'
import { type BodyFormat, readingStatement, type Statement } from './statement.js'
import type { BindValues } from './values.js'

/** A read with all that was left out filled in. */
export interface Asked extends StalenessRules {
  readonly view: string
  readonly query: ReadQuery
  readonly format: BodyFormat
  readonly count: boolean
  readonly live: boolean
  readonly defaults: boolean
  readonly role: string | undefined
  readonly claims: object | undefined
  readonly timeoutMs: number
  /** The write that the rows have to hold; it was waited for. */
  readonly afterWrite: string | undefined
}

export interface Means {
  readonly database: Database
  readonly catalog: ViewCatalog
  readonly board: Board
}

/** A view may be built anew between two looks at it; more often than this within one read, something else is wrong. */
export const mostTries = 3

/**
 * Answers a read from the kept rows, or by computing the query where they are missing, not to be trusted, passed by, or
 * too old and the rules say so.
 */
export async function answer(means: Means, asked: Asked): Promise<JsonAnswer> {
  for (let tried = 1; ; tried++) {
    const view = await viewOf(means, asked)
    try {
      const isLive = asked.live || view.bypassed || view.id === 0
      const found = isLive ? await computed(means, view, asked) : await kept(means, view, asked)
      if (found !== 'changed' || tried === mostTries) return found === 'changed' ? gone(view) : found
      means.catalog.forget(asked.view)
    } catch (error) {
      const told = readError(error, view.shown)
      if (!isMissing(error) && !isOfRequest(told)) throw told
      // What was remembered may be of an earlier version, and the relation and its columns others now.
      const present = await means.catalog.renewed(asked.view)
      if (present === view) {
        if (!isMissing(error)) throw told
        const found = await instead(means, present, asked, error)
        if (found !== 'changed') return found
      }
      if (tried === mostTries) throw told
    }
  }
}

/** What is found of kept rows says whether they are still those of the view that was described. */
export function viewOf(
  { catalog }: Pick<Means, 'catalog'>,
  { view, live }: Pick<Asked, 'view' | 'live'>,
): Promise<ViewFacts> {
  return live ? catalog.find(view) : catalog.findProvisional(view)
}

/** The query, where the relation is not there. */
async function instead(means: Means, view: ViewFacts, asked: Asked, error: unknown): Promise<JsonAnswer | 'changed'> {
  const { code } = error as { code?: string }
  if (asked.live || code === '42703' || code === '42883') throw readError(error, view.shown)
  return computed(means, view, asked)
}

export function gone(view: ViewFacts): never {
  throw new TidemarkError('UNKNOWN_VIEW', `${view.shown} is being replaced time and again, or was dropped.`, {
    hint: 'Try again.',
    view: view.shown,
  })
}

/** Reads the kept rows; and computes the query instead, where their state or their age asks for it. */
async function kept(means: Means, view: ViewFacts, asked: Asked): Promise<JsonAnswer | 'changed'> {
  const { found, recent } = await readKept(means, view, asked)
  if (!isOf(found.state, view)) return 'changed'
  const stalenessSeconds = youngest(found.state, recent)
  const own = answerOf(view, found, stalenessSeconds)
  const tooOld = isTooOld(view, asked, stalenessSeconds)
  const action = actionOf(view, asked)
  if (isBroken(found.state) || (tooOld && action === 'live')) {
    return computedNow(means, asked).catch((error: unknown) => {
      if (tooOld && action !== 'serve') throw readError(error, view.shown)
      if (asked.afterWrite !== undefined) {
        throw behind(
          view,
          `${view.shown} is not refreshed, and may not hold the write; nor could it be computed.`,
          error,
        )
      }
      // Old rows that say how old they are, rather than none.
      return own
    })
  }
  if (tooOld && action === 'error') throw stale(view, stalenessSeconds)
  return own
}

function readKept({ database, board }: Means, view: ViewFacts, asked: Asked) {
  const { role, claims, timeoutMs } = asked
  return board.reading(view.id, async (recent) => {
    const turn = board.turn(view.id)
    const need = { id: view.id, look: recent === undefined, live: false, version: view.version }
    const found = await runReading(database, need, { role, claims, timeoutMs, timeZone: undefined }, (state, values) =>
      keptStatement(view, asked, state, values),
    )
    board.note(view.id, found.state, turn)
    return { found, recent }
  })
}

interface KeptStatement {
  readonly view: ViewFacts
  /** What else makes it what it is. */
  readonly kind: string
  readonly statement: Statement
}

const statements = new WeakMap<ReadQuery, KeptStatement>()

/** A query that is frozen, all of it, will be the same the next time: its statement is kept for then. */
function keptStatement(view: ViewFacts, asked: Asked, state: Fragment, values: BindValues): Statement {
  const { query, format, count, defaults } = asked
  const make = (): Statement => readingStatement({ view, query, format, count, defaults, live: false }, state, values)
  if (!Object.isFrozen(query)) return make()
  const kind = `${format} ${count} ${defaults} ${state.text}`
  const known = statements.get(query)
  if (known?.view === view && known.kind === kind) return known.statement
  const statement = make()
  statements.set(query, { view, kind, statement })
  return statement
}

/** Both ages are facts, where both are of the same rows: so the smaller one holds. */
function youngest(state: ReadState, recent: ReadState | undefined): number | null {
  // As of the snapshot that the rows are of.
  const own = state.fresh === true ? 0 : ageNow(state)
  if (recent === undefined || recent.epoch !== state.epoch || recent.version !== state.version) return own
  const other = ageNow(recent)
  return own === null ? other : other === null ? own : Math.min(own, other)
}

export function actionOf(view: ViewFacts, asked: StalenessRules): WhenStale {
  return asked.whenStale ?? view.read.whenStale
}

export function isTooOld(view: ViewFacts, asked: StalenessRules, stalenessSeconds: number | null): boolean {
  const own = view.read.maxStalenessMs
  const most = asked.maxStalenessSeconds === undefined ? (own === null ? null : own / 1000) : asked.maxStalenessSeconds
  return most !== null && (stalenessSeconds === null || stalenessSeconds > most)
}

function stale(view: ViewFacts, stalenessSeconds: number | null): TidemarkError {
  const age = stalenessSeconds === null ? 'of unknown age' : `up to ${stalenessSeconds.toFixed(1)} s old`
  return new TidemarkError('READ_STALE', `The rows of ${view.shown} are ${age}, which is more than the read allows.`, {
    hint: "tidemark status says why. whenStale: 'serve' takes them as they are, 'live' computes the query.",
    view: view.shown,
  })
}

/** As it is described now. */
async function computedNow(means: Means, asked: Asked): Promise<JsonAnswer | 'changed'> {
  return computed(means, await means.catalog.find(asked.view), asked)
}

/** Of the view as it was described, if at the snapshot of what was computed it was still that one. */
async function computed({ database }: Means, view: ViewFacts, asked: Asked): Promise<JsonAnswer | 'changed'> {
  if (asked.role !== undefined && (view.rowSecurity || view.id === 0)) throw refused(view)
  const need = { id: view.id, look: true, live: true }
  const found = await runReading(database, need, { ...asked, timeZone: view.timeZone }, (state, values) =>
    readingStatement({ ...asked, view, live: true }, state, values),
  ).catch((error: unknown) => {
    throw isMissing(error) ? error : computingError(error, view.shown, asked.query)
  })
  const { state } = found
  if (view.id !== 0 && !isOf(state, view)) return 'changed'
  return { ...answerOf(view, found, state.fresh === true ? 0 : ageNow(state)), epoch: null, source: 'live' }
}

/** Policies on the kept rows say who reads which. Those on the tables, if any, may say otherwise. */
function refused(view: ViewFacts): TidemarkError {
  return new TidemarkError(
    'LIVE_REFUSED',
    `${view.shown} has row-level security on its kept rows, and is not computed live for a role.`,
    {
      hint: 'Read the kept rows, or refresh the view so that they can be read.',
      view: view.shown,
    },
  )
}

function answerOf(view: ViewFacts, { state, body, rows, total }: Answer, stalenessSeconds: number | null): JsonAnswer {
  const epoch = epochOf(view.id, state)
  return { body, rows, total, epoch, asOf: state.asOf, stalenessSeconds, source: 'view' }
}
