import { Hono } from 'hono'
import type { ServingOptions } from '../define/http-options.js'
import type { ServingSettings } from '../define/http-types.js'
import { normaliseServing } from '../define/normalise-http.js'
import type { Database } from '../engine/database.js'
import type { LiveEvent } from '../protocol/events.js'
import { type ConfiguredViews, createReader, type Reader } from '../read/index.js'
import type { Log } from '../worker/events.js'
import type { ListenSource } from '../worker/standing.js'
import type { Worker } from '../worker/worker.js'
import { Access } from './access/access.js'
import { apiRoutes } from './api/routes.js'
import { Statistics } from './api/stats.js'
import { type Asking, askingOf } from './asking.js'
import { BoundedDatabase } from './bounded.js'
import { consoleDirectory } from './console.js'
import type { HttpContext } from './context.js'
import { DeploymentNotes } from './deployment.js'
import { EventHub } from './events/hub.js'
import { healthRoutes } from './health.js'
import { hostCheck, isKnown, knownHosts } from './hosts.js'
import { LongWork } from './longWork.js'
import { Metrics } from './metrics.js'
import { openApi } from './openapi/document.js'
import { Problem, problemOf, problemResponse } from './problem.js'
import { type Remembered, responseOf } from './rest/remembered.js'
import { readOne, restRoutes } from './rest/routes.js'
import { crossOrigin, crossOriginSayings, foreignPosts, securityHeaders } from './security.js'
import { staticPage } from './staticFiles.js'
import { ViewDirectory } from './views.js'

interface HandlerMeans {
  /** A `pg.Pool`, or what is shaped like one. Give requests one of their own: its size bounds what they do at a time. */
  readonly database: Database
  /** What views are read with. Default: one on the same database, with the option `cache`. */
  readonly reader?: Reader | undefined
  /** Configured views, as `loadConfig` gives them: those with `read: { live: true }` are computed where they are not deployed. */
  readonly views?: ConfiguredViews | undefined
  /** For the connection that events come in on. Without it, the server looks for them twice a second while somebody listens. */
  readonly listen?: ListenSource | undefined
  /** The worker that runs in the same process, to be told of in statistics. */
  readonly worker?: Worker | undefined
  /** Told of what could not be answered. Default: nobody. */
  readonly log?: Log | undefined
  /** Serve the console. Default `true`. */
  readonly console?: boolean | undefined
}

export interface HandlerOptions extends ServingOptions, HandlerMeans {}

export interface Handler {
  /** Answers a request. Needs no `this`. `env`: what the server gave beside it, where there is something. */
  readonly fetch: (request: Request, env?: unknown) => Response | Promise<Response>
  /**
   * The answer to a GET of a view, at once, where it is remembered; nothing where `fetch` is to be asked. Without it, requests
   * are answered all the same: it spares whoever has no `Request` yet to make one.
   */
  readonly recall: (asking: Asking) => Remembered | undefined
  /** As `fetch`, for whoever has asked `recall` before: it is not asked again. */
  readonly answer: (request: Request, env?: unknown) => Response | Promise<Response>
  /** The Hono app, to mount in another one. */
  readonly app: Hono
  /** Ends event streams and the connection for events. The database is the caller's to close. */
  close(): Promise<void>
}

/**
 * A fetch-standard handler for everything that is served.
 * @throws TidemarkError CONFIG_INVALID where the options are not valid.
 */
export function createHandler(options: HandlerOptions): Handler {
  const { database, listen, worker, reader, views, log, console, ...serving } = options
  return makeHandler(normaliseServing(serving), { database, listen, worker, reader, views, log, console })
}

interface InternalMeans extends HandlerMeans {
  readonly deployment?: DeploymentNotes | undefined
  /** What requests have begun, for whoever ends it. */
  readonly work?: LongWork | undefined
}

/** The same for settings that were checked before. */
export function makeHandler(settings: ServingSettings, means: InternalMeans): Handler {
  const { database, listen, worker, reader, log = silent } = means
  const { limits, fresh, basePath } = settings
  const bounded = new BoundedDatabase(database, limits)
  const computable = fresh === null ? [] : (means.views ?? [])
  const views = new ViewDirectory(bounded, computable)
  const access = new Access(settings.access, views, bounded, { authorizeTimeoutMs: limits.authorizeTimeoutMs, log })
  const reading = reader ?? readerOf(settings, bounded, computable)
  const work = means.work ?? new LongWork()
  const context: HttpContext = { reader: reading, database: bounded, views, access, limits, fresh, work, log }
  const hub = new EventHub({
    context,
    listen,
    log,
    maxClients: limits.maxEventClients,
    onEvents: (events) => {
      noteEvents(context, events)
      metrics.noteEvents(events)
    },
  })
  const metrics = new Metrics(context, hub)
  const deployment = means.deployment ?? new DeploymentNotes()
  deployment.onChange(() => hub.tellAside({ type: 'deployment', at: new Date().toISOString() }))
  // Where there is a connection for them, what is remembered of views is told by events.
  if (listen !== undefined) hub.start()
  const statistics = new Statistics(context, hub, worker)
  const app = new Hono({ strict: false })
  app.use(securityHeaders)
  const hosts = hostCheck(settings.hosts)
  if (hosts !== null) app.use(knownHosts(hosts))
  if (settings.cors !== null) app.use(crossOrigin(settings.cors))
  app.use(foreignPosts(settings.cors))
  app.onError((error) => problemResponse(problemOf(error, log)))
  app.notFound(() => problemResponse(new Problem('NOT_FOUND', 'There is nothing at this address.')))
  app.route(`${basePath}/api`, apiRoutes(context, { hub, statistics, deployment }))
  const read = readOne(context)
  app.route(`${basePath}/rest/v1`, restRoutes(context, read))
  app.route(`${basePath}/`, healthRoutes(context))
  app.get(`${basePath}/metrics`, async (c) => {
    await access.check(c.req.raw, 'metrics')
    const { type, text } = await metrics.read()
    return new Response(text, { headers: { 'content-type': type, 'cache-control': 'no-store' } })
  })
  app.get(`${basePath}/openapi.json`, async (c) =>
    Response.json(await openApi(context, c.req.raw, basePath), { headers: { 'cache-control': 'no-store' } }),
  )
  const directory = means.console === false ? null : consoleDirectory()
  if (directory !== null) app.route(`${basePath}/`, staticPage('console', directory))
  const count = (status: number): void => {
    statistics.requests++
    metrics.noteRequest(status)
  }
  const counted = (response: Response): Response => {
    count(response.status)
    return response
  }
  const sayings = settings.cors === null ? null : crossOriginSayings(settings.cors)
  const prefix = `${basePath}/rest/v1/`
  /** Where it is not called by a name that it is known by, the app looks closer. */
  const plainly = (asking: Asking): string | undefined =>
    hosts === null || isKnown(hosts, asking) ? plainlyRead(asking, prefix) : undefined
  const recall = (asking: Asking): Remembered | undefined => {
    const name = plainly(asking)
    const remembered = name === undefined ? undefined : read.recall(asking, name, sayings?.(asking))
    if (remembered !== undefined) count(remembered.head.status)
    return remembered
  }
  /** The app gives answers to other origins their headers. */
  const answer = (request: Request, env?: unknown): Response | Promise<Response> => {
    const name = sayings === null ? plainly(askingOf(request)) : undefined
    const response = name === undefined ? app.fetch(request, env as object | undefined) : read.answer(request, name)
    return response instanceof Promise ? response.then(counted) : counted(response)
  }
  return {
    app,
    recall,
    answer,
    fetch: (request, env) => {
      const remembered = recall(askingOf(request))
      return remembered === undefined ? answer(request, env) : responseOf(remembered)
    },
    close: async () => {
      await hub.close()
      if (reader === undefined) await reading.close()
    },
  }
}

/** Most requests are of one kind, which needs no routes to be found: the name of the view, where this is one. */
function plainlyRead({ method, target }: Asking, prefix: string): string | undefined {
  if (method !== 'GET' || !target.startsWith(prefix)) return undefined
  const end = target.indexOf('?', prefix.length)
  const name = target.slice(prefix.length, end < 0 ? undefined : end)
  return plainName.test(name) && name !== 'rpc' ? name : undefined
}

const plainName = /^\w+$/

/** On the bounded database: what is not in the cache waits for a connection no longer than anything else. */
function readerOf({ limits, cache }: ServingSettings, database: BoundedDatabase, views: ConfiguredViews): Reader {
  const { statementTimeoutMs } = limits
  if (cache === null) return createReader({ database, views, statementTimeoutMs })
  const { memory, redis } = cache
  const tiers = { memory, ...(redis === null ? {} : { redis }) }
  return createReader({ database, views, statementTimeoutMs, cache: tiers })
}

/** What is remembered of views and their rows is told by events, before it is found out by looking. */
function noteEvents({ views, reader }: HttpContext, events: readonly LiveEvent[]): void {
  for (const event of events) if (event.type === 'refreshed') reader.noteEpoch(event.view, event.epoch)
  if (!events.some(({ type }) => type === 'views' || type === 'reset')) return
  views.invalidate()
  reader.invalidate()
}

const silent: Log = { debug() {}, info() {}, warn() {}, error() {} }
