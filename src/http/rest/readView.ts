import { isSteady, readsClock } from '../../read/cache/steady.js'
import type { JsonAnswer, JsonRequest, Reader, ReadQuery, SelectedColumn, ViewDescription } from '../../read/index.js'
import type { ViewGrant } from '../access/access.js'
import { Problem } from '../problem.js'
import type { RestContext } from './context.js'
import { restError } from './errors.js'
import { entityTag, names } from './etag.js'
import { type Audience, cacheControl, type Found, freshnessHeaders, variesBy } from './headers.js'
import { parseQuery, type RestQuery } from './parse.js'
import { readPreferences } from './preferences.js'
import { contentRange, type Extent, readExtent, statusOf } from './range.js'
import type { RatePerMinute } from './rate.js'
import { chooseRepresentation, type Representation } from './representation.js'
import { everyColumn } from './select.js'

/** Node refuses a quarter of this by itself; others take what comes. */
const longestUrl = 65_536

interface Asked {
  readonly query: RestQuery
  readonly extent: Extent
  readonly representation: Representation
  readonly count: boolean
  readonly applied: string | undefined
}

/** A view may be deployed otherwise while it is read. */
const mostTries = 3

/** Answers GET and HEAD. */
export async function readView(
  context: RestContext & { readonly rate: RatePerMinute },
  request: Request,
  name: string,
): Promise<Response> {
  const understood = readRequest(request, context.limits.maxRows)
  for (let tried = 0; tried < mostTries; tried++) {
    const response = await readOnce(context, request, name, understood)
    if (response !== undefined) return response
    context.views.invalidate()
  }
  throw new Problem('OVERLOADED', 'The view is being deployed.')
}

/** Nothing where it is found that the view is not the one any more that the request was allowed to read. */
async function readOnce(
  context: RestContext & { readonly rate: RatePerMinute },
  request: Request,
  name: string,
  understood: Asked,
): Promise<Response | undefined> {
  const grant = await grantFor(context, request, name, understood.query.fresh)
  // What is not deployed is computed for each request.
  const asked = grant.view.id === 0 ? { ...understood, query: { ...understood.query, fresh: true } } : understood
  const { representation } = asked
  const view = await context.reader.describe(grant.view.qualified)
  if (isOpenedOtherwise(grant, view)) return undefined
  const unchanged = await notModified(context.reader, request, { asked, grant, view })
  if (unchanged !== undefined) return unchanged
  const headOnly = request.method === 'HEAD' && asked.count && !representation.singular
  const answer = await context.reader.readJson({
    ...requestOf(asked, grant, view, headOnly),
    statementTimeoutMs: context.limits.statementTimeoutMs,
    signal: request.signal,
  })
  // Reading may have found that the view is another one now.
  if (isOpenedOtherwise(grant, await context.reader.describe(grant.view.qualified))) return undefined
  const rows = headOnly ? rowsOf(asked.extent, answer) : answer.rows
  return respond(request, { asked, grant, view, answer: { ...answer, rows } })
}

function isOpenedOtherwise({ view }: ViewGrant, { settings }: ViewDescription): boolean {
  return view.public !== settings.read.public || view.live !== settings.read.live
}

function readRequest(request: Request, maxRows: number): Asked {
  if (request.url.length > longestUrl) {
    throw new Problem('REQUEST_TOO_LARGE', `The URL has more than ${longestUrl} characters.`, { status: 414 })
  }
  const representation = chooseRepresentation(request.headers.get('accept'))
  const { count, applied } = readPreferences(request.headers.get('prefer'))
  const query = parseQuery(queryStringOf(request.url))
  return { query, extent: readExtent(query, request.headers, maxRows), representation, count, applied }
}

function queryStringOf(url: string): string {
  const [address = ''] = url.split('#', 1)
  const start = address.indexOf('?')
  return start < 0 ? '' : address.slice(start + 1)
}

/** @throws Problem where the request may not do it, or has done it too often. */
async function grantFor(
  context: RestContext & { readonly rate: RatePerMinute },
  request: Request,
  name: string,
  live: boolean,
): Promise<ViewGrant> {
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

function requestOf(asked: Asked, grant: ViewGrant, view: ViewDescription, headOnly: boolean): JsonRequest {
  const { query, extent, representation, count } = asked
  // Two rows are enough to know that there is not one.
  const limit = headOnly ? 0 : representation.singular ? Math.min(extent.limit, 2) : extent.limit
  return {
    view: grant.view.qualified,
    query: { ...readQueryOf(query, view), limit, ...(extent.offset === 0 ? {} : { offset: extent.offset }) },
    format: representation.format,
    live: query.fresh,
    defaults: query.defaults,
    ...(count ? { count: 'exact' } : {}),
    ...(grant.role === undefined ? {} : { role: grant.role }),
    ...(grant.claims === undefined ? {} : { claims: grant.claims }),
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

interface Question {
  readonly asked: Asked
  readonly grant: ViewGrant
  readonly view: ViewDescription
}

interface Read extends Question {
  readonly answer: JsonAnswer
}

/** The client has the rows already: that can be seen by their epoch, before any are read. */
async function notModified(
  reader: Pick<Reader, 'present'>,
  request: Request,
  question: Question,
): Promise<Response | undefined> {
  const known = request.headers.get('if-none-match')
  if (known === null || !isByEpoch(question)) return undefined
  const present = await reader.present(question.grant.view.qualified)
  if (present === null || !names(known, epochTag(question, present.epoch))) return undefined
  const headers = headersOf(question, { ...present, source: 'view' })
  return new Response(null, { status: 304, headers: { ...headers, ETag: epochTag(question, present.epoch) } })
}

function respond(request: Request, read: Read): Response {
  const { asked, answer } = read
  const { representation, extent } = asked
  const status = statusOf(extent.offset, answer.rows, answer.total)
  const body = bodyOf(representation, answer)
  const tag = tagOf(request, read)
  const headers = { ...headersOf(read, answer), ...(tag === undefined ? {} : { ETag: tag }) }
  if (tag !== undefined && names(request.headers.get('if-none-match'), tag)) {
    return new Response(null, { status: 304, headers })
  }
  const described = {
    'Content-Type': representation.contentType,
    'Content-Range': contentRange(extent.offset, answer.rows, answer.total),
    ...(asked.applied === undefined ? {} : { 'Preference-Applied': asked.applied }),
  }
  return new Response(body, { status, headers: { ...headers, ...described } })
}

/** What is said of rows whether they are sent or not. */
function headersOf({ asked, grant, view }: Question, found: Found): Record<string, string> {
  const personal = isPersonal(grant)
  const audience: Audience = { personal, shared: grant.view.public && grant.shared === true }
  return {
    'Cache-Control': asked.query.fresh ? 'no-store' : cacheControl(view.settings, audience, found.stalenessSeconds),
    Vary: variesBy(audience),
    ...freshnessHeaders(found),
  }
}

function isPersonal({ role, claims }: ViewGrant): boolean {
  return role !== undefined || claims !== undefined
}

/** The text that PostgreSQL made, never parsed: of a list of one, without its brackets. */
function bodyOf({ singular }: Representation, { body, rows }: JsonAnswer): string {
  if (!singular) return body
  if (rows === 1) return body.slice(1, -1)
  throw restError(406, 'PGRST116', 'One row was asked for, and there is not exactly one', {
    details: rows === 0 ? 'The result contains 0 rows.' : 'The result contains more than one row.',
  })
}

/**
 * Whether equal epochs, which mean equal rows, mean the same answer too. It may depend on more: on who asks, on the clock,
 * on conditions of the view's own that look elsewhere.
 */
function isByEpoch({ asked: { query }, grant, view }: Question): boolean {
  const { guard, filter } = view.settings.read
  if (query.fresh || isPersonal(grant) || readsClock(query.where)) return false
  return isSteady(guard) && (!query.defaults || isSteady(filter))
}

function epochTag({ asked, view }: Question, epoch: string): string {
  const { query, extent, representation, count } = asked
  return entityTag('epoch', epoch, JSON.stringify([view.revision, query, extent, representation, count]))
}

/** Of the epoch, or else of the answer itself, and a HEAD has none. */
function tagOf(request: Request, read: Read): string | undefined {
  const { asked, answer } = read
  if (asked.query.fresh) return undefined
  if (answer.epoch !== null && isByEpoch(read)) return epochTag(read, answer.epoch)
  if (request.method === 'HEAD') return undefined
  const range = contentRange(asked.extent.offset, answer.rows, answer.total)
  return entityTag('body', range, asked.representation.contentType, answer.body)
}
