import type { Context } from 'hono'
import { longestTimerMs } from '../../define/duration.js'
import type { Caller } from '../access/access.js'
import type { HttpContext } from '../context.js'
import type { Interest } from './audience.js'
import { readPosition } from './cursor.js'
import type { EventHub, Since } from './hub.js'
import { namesOf } from './names.js'
import { openStream } from './stream.js'

const headers = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store, no-transform',
  // nginx would gather it, else.
  'x-accel-buffering': 'no',
}

/** GET /api/events?views=a,b&since=… */
export async function answerEvents(context: HttpContext, hub: EventHub, c: Context): Promise<Response> {
  // What lives as long as the stream must hold no more than it needs.
  const request = c.req.raw
  const caller = context.access.caller(request)
  const names = namesOf(c.req.query('views'))
  const interest = names === null ? await allOf(context, caller) : await namedOf(caller, names)
  // Nobody would read the stream, and so nobody end it.
  if (request.method === 'HEAD') return new Response(null, { headers })
  const expiresAt = await caller.expiresAt()
  let leave = (): void => undefined
  let timer: NodeJS.Timeout | undefined
  const stream = openStream({
    onEnd: () => {
      clearTimeout(timer)
      leave()
    },
    onDropped: () => hub.noteDropped(),
    destroy: destroyerOf(c.env),
  })
  const since = sinceOf(c.req.header('last-event-id') ?? c.req.query('since'))
  leave = hub.add({ listener: stream, interest, since, ask: () => askAgain(context, request, names) })
  // Whoever may listen for so long may not listen for longer.
  if (expiresAt !== null) timer = setTimeout(stream.end, Math.min(expiresAt - Date.now(), longestTimerMs))
  return new Response(stream.body, { headers })
}

function sinceOf(given: string | undefined): Since {
  return given === undefined || given === '' ? null : (readPosition(given) ?? 'lost')
}

/** @throws Problem 401, 403 or 404 for the first view that cannot be listened to. */
async function namedOf(caller: Caller, names: readonly string[]): Promise<Interest> {
  const views: AskedFor[] = []
  for (const asked of names) views.push({ asked, name: (await caller.demandOf('freshness', asked)).view.name })
  return interestIn(views, caller)
}

/** @throws Problem 401 or 403 where no view may be listened to. */
async function allOf(context: HttpContext, caller: Caller): Promise<Interest> {
  const detailed = await caller.may('inspect', null)
  if (await caller.mayAll('freshness')) return { views: null, detailed }
  const views = await caller.filter('freshness', await context.views.all())
  if (views.length === 0) await caller.demand('freshness', null)
  const asked = views.map(({ name }) => ({ asked: name, name }))
  return interestIn(asked, caller)
}

interface AskedFor {
  /** As the request names it. */
  readonly asked: string
  readonly name: string
}

async function interestIn(asked: readonly AskedFor[], caller: Caller): Promise<Interest> {
  const views = new Map<string, string[]>()
  for (const { asked: as, name } of asked) {
    const names = views.get(name) ?? []
    if (!names.includes(as)) views.set(name, [...names, as].sort())
  }
  return { views, detailed: await caller.may('inspect', null) }
}

/** By the same credentials, which may have come to allow more, or less. */
async function askAgain(
  context: HttpContext,
  request: Request,
  names: readonly string[] | null,
): Promise<Interest | null> {
  const caller = context.access.caller(request)
  if (names === null) return allOf(context, caller)
  const views: AskedFor[] = []
  for (const asked of names) {
    const view = await context.views.find(asked)
    if (view !== undefined && (await caller.may('freshness', view))) views.push({ asked, name: view.name })
  }
  return views.length === 0 ? null : interestIn(views, caller)
}

/** The connection under the answer, where the server is Node's. */
function destroyerOf(env: unknown): (() => void) | undefined {
  const { outgoing } = (env ?? {}) as { readonly outgoing?: { destroy?(): void } }
  return typeof outgoing?.destroy === 'function' ? () => outgoing.destroy?.() : undefined
}
