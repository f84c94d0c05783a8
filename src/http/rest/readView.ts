import { databaseError } from '../../engine/databaseError.js'
import { type ErrorCode, TidemarkError } from '../../protocol/errors.js'
import { isSteady, readsClock } from '../../read/cache/steady.js'
import type { JsonAnswer, JsonRequest, Reader, ReadQuery, SelectedColumn, ViewDescription } from '../../read/index.js'
import type { ViewGrant } from '../access/access.js'
import type { Asking } from '../asking.js'
import { Problem } from '../problem.js'
import { respondAgain } from './again.js'
import type { Also } from './also.js'
import type { RestContext } from './context.js'
import { restError } from './errors.js'
import { names } from './etag.js'
import type { RestQuery } from './parse.js'
import type { Extent } from './range.js'
import type { RatePerMinute } from './rate.js'
import type { Remembered } from './remembered.js'
import { type Bound, epochTag, headersOf, isTaggedByEpoch, type Question, respond } from './respond.js'
import { everyColumn } from './select.js'
import type { Asked, Understanding } from './understand.js'

export interface ReadingContext extends RestContext {
  readonly rate: RatePerMinute
  readonly understanding: Understanding
}

/** A view may be deployed otherwise while it is read. */
const mostTries = 3

/** Answers GET and HEAD. */
export async function readView(context: ReadingContext, request: Request, name: string): Promise<Response> {
  const understood = context.understanding.of(request)
  for (let tried = 0; tried < mostTries; tried++) {
    const response = await readOnce(context, request, name, understood)
    if (response !== undefined) return response
    context.views.invalidate()
  }
  throw new Problem('OVERLOADED', 'The view is being deployed.')
}

/** Nothing where it is found that the view is not the one any more that the request was allowed to read. */
async function readOnce(
  context: ReadingContext,
  request: Request,
  name: string,
  understood: Asked,
): Promise<Response | undefined> {
  const grant =
    recallGrant(context, request, name, understood) ?? (await grantFor(context, request, name, understood.query.fresh))
  try {
    return await readAs(context, request, grant, understood)
  } catch (error) {
    throw await tellable(context, grant, error)
  }
}

/**
 * PostgreSQL looks at columns and values before it looks at privileges: what it says of them, and what is said here, is not for
 * a role that may not read the view.
 */
async function tellable({ access }: ReadingContext, grant: ViewGrant, error: unknown): Promise<unknown> {
  const { code } = databaseError(error)
  if (grant.role === undefined || code === 'PRIVILEGE_MISSING' || isElsewhere.has(code)) return error
  const allowed = await access.mayRead(grant).catch(() => false)
  if (allowed) return error
  return new TidemarkError('PRIVILEGE_MISSING', `${grant.role} may not read ${grant.view.name}.`, { cause: error })
}

/** Errors that say nothing of the view. */
const isElsewhere: ReadonlySet<ErrorCode> = new Set(['DATABASE_UNREACHABLE', 'DATABASE_AUTHENTICATION', 'OVERLOADED'])

async function readAs(
  context: ReadingContext,
  request: Request,
  grant: ViewGrant,
  understood: Asked,
): Promise<Response | undefined> {
  // What is not deployed is computed for each request.
  const asked = grant.view.id === 0 ? { ...understood, query: { ...understood.query, fresh: true } } : understood
  const view = await context.reader.describe(grant.view.qualified, !asked.query.fresh)
  if (isOpenedOtherwise(grant, view)) {
    // Either may be the older one: both are asked for again.
    context.reader.invalidate(grant.view.qualified)
    return undefined
  }
  const bound = boundTo(asked, grant, view)
  const question = { asked, grant, view, bound }
  const unchanged = await notModified(context.reader, request, question)
  if (unchanged !== undefined) return unchanged
  const present = (): Promise<ViewDescription> => context.reader.describe(grant.view.qualified, !asked.query.fresh)
  const answer = await ask(context, request, question).catch(async (error: unknown) => {
    // All columns were asked for as they were when it was described.
    if ((await present().catch(() => view)) === view) throw error
    return undefined
  })
  // Reading may have found that the view is another one now.
  const found = answer === undefined ? undefined : await present()
  if (answer === undefined || found?.revision !== view.revision || isOpenedOtherwise(grant, found)) return undefined
  return respond(request, { asked, grant, view, bound, answer })
}

function isOpenedOtherwise({ view }: ViewGrant, { settings }: ViewDescription): boolean {
  return view.public !== settings.read.public || view.live !== settings.read.live
}

/**
 * Answers a GET at once, where it was answered before, and everything that it takes is at hand: what it asks for, the leave to
 * read it, and the rows. Nothing where it is not, or where anything is out of the ordinary: `readView` answers.
 */
export function recallView(
  context: ReadingContext,
  asking: Asking,
  name: string,
  also: Also | undefined,
): Remembered | undefined {
  const asked = context.understanding.recall(asking)
  const bound = asked === undefined ? undefined : bindings.get(asked)
  if (asked === undefined || bound === undefined) return undefined
  const grant = recallGrant(context, asking, name, asked)
  if (grant?.shared !== true || grant.view.qualified !== bound.request.view) return undefined
  if (isOpenedOtherwise(grant, bound.view)) return undefined
  const answer = context.reader.recall(bound.request, bound.view)
  return answer === undefined
    ? undefined
    : respondAgain(asking, { asked, grant, view: bound.view, bound, answer }, also)
}

async function ask({ reader, limits }: RestContext, request: Request, question: Question): Promise<JsonAnswer> {
  const { asked, grant, bound } = question
  if (asked.query.fresh) request.signal.throwIfAborted()
  const headOnly = request.method === 'HEAD' && asked.count && !asked.representation.singular
  const { request: plain } = bound
  const answer = await reader.readJson(
    Object.assign(
      {},
      plain,
      grant.role !== undefined && { role: grant.role },
      grant.claims !== undefined && { claims: grant.claims },
      {
        query: headOnly ? { ...plain.query, limit: 0 } : plain.query,
        statementTimeoutMs: limits.statementTimeoutMs,
        // What is kept is read before anybody could be told to stop.
        ...(asked.query.fresh ? { signal: request.signal } : {}),
      },
    ),
  )
  return headOnly ? { ...answer, rows: rowsOf(asked.extent, answer) } : answer
}

const bindings = new WeakMap<Asked, Bound>()

function boundTo(asked: Asked, grant: ViewGrant, view: ViewDescription): Bound {
  const known = bindings.get(asked)
  if (known?.view === view) return known
  const request = requestOf(asked, grant.view.qualified, view)
  const bound: Bound = { view, request, isByEpoch: isByEpoch(asked, view), epoch: null, tag: '', ready: undefined }
  bindings.set(asked, bound)
  return bound
}

/** The same as `grantFor` gives, where it is at hand. */
function recallGrant(
  { access }: ReadingContext,
  asking: Pick<Asking, 'headers'>,
  name: string,
  { query }: Asked,
): ViewGrant | undefined {
  return query.fresh || asking.headers.has('accept-profile') ? undefined : access.recall(asking, name)
}

/** @throws Problem where the request may not do it, or has done it too often. */
async function grantFor(context: ReadingContext, request: Request, name: string, live: boolean): Promise<ViewGrant> {
  const { access, fresh, rate } = context
  const profile = request.headers.get('accept-profile')
  const full = profile === null ? name : `${profile}.${name}`
  const grant = await access.check(request, live ? 'read-live' : 'read', full)
  if (profile !== null && (grant.view.schema !== profile || grant.view.viewName !== name)) {
    throw restError(404, 'PGRST205', `There is no view named "${full.slice(0, 200)}"`)
  }
  if (!live) return grant.view.id === 0 ? grantFor(context, request, name, true) : grant
  if (fresh === null || !grant.view.live) {
    throw new Problem('FORBIDDEN', `${grant.view.name} is not computed for a request.`, {
      hint: "The view's configuration allows it: read: { live: true }.",
    })
  }
  const wait = rate.take(grant.view.qualified)
  if (wait === 0) return grant
  throw new Problem('TOO_MANY_REQUESTS', `${grant.view.name} was computed for requests as often as is allowed.`, {
    hint: 'Read it without fresh=1: the answer says how old its rows are.',
    headers: { 'retry-after': String(wait) },
  })
}

function requestOf({ query, extent, representation, count }: Asked, name: string, view: ViewDescription): JsonRequest {
  // Two rows are enough to know that there is not one.
  const limit = representation.singular ? Math.min(extent.limit, 2) : extent.limit
  return {
    view: name,
    // Nobody changes it from here on: what is made of it is kept.
    query: Object.freeze({
      ...readQueryOf(query, view),
      limit,
      ...(extent.offset === 0 ? {} : { offset: extent.offset }),
    }),
    format: representation.format,
    live: query.fresh,
    defaults: query.defaults,
    ...(count ? { count: 'exact' } : {}),
  }
}

function readQueryOf({ select, where, order }: RestQuery, { columns }: ViewDescription): ReadQuery {
  const every = select.length === 1 && select[0] === everyColumn
  const all = columns.map(({ name }): SelectedColumn => ({ source: { column: name, steps: [] } }))
  const selected = select.flatMap((item): readonly SelectedColumn[] => (item === everyColumn ? all : [item]))
  return {
    ...(every ? {} : { select: selected }),
    ...(where === undefined ? {} : { where }),
    ...(order === undefined ? {} : { order }),
  }
}

/** How many rows there would be, where they were only counted. */
function rowsOf({ offset, limit }: Extent, { total, rows }: JsonAnswer): number {
  return total === null ? rows : Math.max(0, Math.min(limit, total - offset))
}

/** The client has the rows already: that can be seen by their epoch, before any are read. */
async function notModified(
  reader: Pick<Reader, 'present'>,
  request: Request,
  question: Question,
): Promise<Response | undefined> {
  const known = request.headers.get('if-none-match')
  if (known === null || !isTaggedByEpoch(question)) return undefined
  const present = await reader.present(question.grant.view.qualified)
  if (present === null || !names(known, epochTag(question, present.epoch))) return undefined
  const headers = headersOf(question, { ...present, source: 'view' })
  headers.ETag = epochTag(question, present.epoch)
  return new Response(null, { status: 304, headers })
}

/**
 * Whether equal epochs, which mean equal rows, mean the same answer too. It may depend on more: on who asks, on the clock,
 * on conditions of the view's own that look elsewhere.
 */
function isByEpoch({ query }: Asked, { settings }: ViewDescription): boolean {
  const { guard, filter } = settings.read
  if (query.fresh || readsClock(query.where)) return false
  return isSteady(guard) && (!query.defaults || isSteady(filter))
}
