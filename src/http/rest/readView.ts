import type { JsonAnswer, JsonRequest, ReadQuery, SelectedColumn, ViewDescription } from '../../read/index.js'
import type { ViewGrant } from '../access/access.js'
import { Problem } from '../problem.js'
import { readsClock } from './clockWords.js'
import type { RestContext } from './context.js'
import { restError } from './errors.js'
import { entityTag, names } from './etag.js'
import { type Audience, cacheControl, freshnessHeaders, varyBy } from './headers.js'
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

/** Answers GET and HEAD. */
export async function readView(
  context: RestContext & { readonly rate: RatePerMinute },
  request: Request,
  name: string,
): Promise<Response> {
  const asked = readRequest(request, context.limits.maxRows)
  const { query, representation } = asked
  const grant = await grantFor(context, request, name, query.fresh)
  const view = await context.reader.describe(grant.view.qualified)
  const headOnly = request.method === 'HEAD' && asked.count && !representation.singular
  const answer = await context.reader.readJson({
    ...requestOf(asked, grant, view, headOnly),
    statementTimeoutMs: context.limits.statementTimeoutMs,
    signal: request.signal,
  })
  const rows = headOnly ? rowsOf(asked.extent, answer) : answer.rows
  return respond(request, { asked, grant, view, answer: { ...answer, rows } })
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
  { access, fresh, rate }: RestContext & { readonly rate: RatePerMinute },
  request: Request,
  name: string,
  live: boolean,
): Promise<ViewGrant> {
  const profile = request.headers.get('accept-profile')
  const full = profile === null ? name : `${profile}.${name}`
  const grant = await access.check(request, live ? 'read-live' : 'read', full)
  if (profile !== null && (grant.view.schema !== profile || grant.view.viewName !== name)) {
    throw restError(404, 'PGRST205', `There is no view named "${full.slice(0, 200)}"`)
  }
  if (!live) return grant
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

interface Read {
  readonly asked: Asked
  readonly grant: ViewGrant
  readonly view: ViewDescription
  readonly answer: JsonAnswer
}

function respond(request: Request, read: Read): Response {
  const { asked, grant, view, answer } = read
  const { representation, extent, query } = asked
  const status = statusOf(extent.offset, answer.rows, answer.total)
  const body = bodyOf(representation, answer)
  const personal = grant.role !== undefined || grant.claims !== undefined
  const audience: Audience = { personal, shared: grant.view.public && !personal }
  const tag = query.fresh ? undefined : tagOf(request, read, personal)
  const headers: Record<string, string> = {
    'Content-Range': contentRange(extent.offset, answer.rows, answer.total),
    'Cache-Control': query.fresh ? 'no-store' : cacheControl(view.settings, audience, answer.stalenessSeconds),
    Vary: varyBy,
    ...freshnessHeaders(answer),
    ...(tag === undefined ? {} : { ETag: tag }),
    ...(asked.applied === undefined ? {} : { 'Preference-Applied': asked.applied }),
  }
  if (tag !== undefined && names(request.headers.get('if-none-match'), tag)) {
    return new Response(null, { status: 304, headers })
  }
  return new Response(body, { status, headers: { ...headers, 'Content-Type': representation.contentType } })
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
 * Equal epochs mean equal rows, and so the same answer to the same question; unless the answer depends on more: on who asks,
 * on the clock, on conditions of the view's own. Then it is the answer that counts, and a HEAD has none.
 */
function tagOf(request: Request, { asked, view, answer }: Read, personal: boolean): string | undefined {
  const { query, extent, representation } = asked
  const { guard, filter } = view.settings.read
  const conditional = guard !== null || (filter !== null && query.defaults)
  const byEpoch = answer.epoch !== null && !personal && !conditional && !readsClock(query.where)
  if (byEpoch) {
    const columns = view.columns.map(({ name, type }) => [name, type])
    const question = JSON.stringify([view.view, columns, query, extent, representation, asked.count])
    return entityTag('epoch', answer.epoch ?? '', question)
  }
  if (request.method === 'HEAD') return undefined
  return entityTag(
    'body',
    contentRange(extent.offset, answer.rows, answer.total),
    representation.contentType,
    answer.body,
  )
}
