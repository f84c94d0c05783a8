import { Hono } from 'hono'
import type { ServingOptions } from '../define/http-options.js'
import { normaliseServing } from '../define/normalise-http.js'
import type { Database } from '../engine/database.js'
import type { Log } from '../worker/events.js'
import { Access } from './access/access.js'
import { BoundedDatabase } from './bounded.js'
import type { HttpContext } from './context.js'
import { Problem, problemOf, problemResponse } from './problem.js'
import { ViewDirectory } from './views.js'

export interface HandlerOptions extends ServingOptions {
  /** A `pg.Pool`, or what is shaped like one. Give requests one of their own: its size bounds what they do at a time. */
  readonly database: Database
  /** Told of what could not be answered. Default: nobody. */
  readonly log?: Log
}

export interface Handler {
  /** Answers a request. Needs no `this`. */
  readonly fetch: (request: Request, env?: object) => Promise<Response>
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
  const { database, log = silent, ...serving } = options
  const settings = normaliseServing(serving)
  const bounded = new BoundedDatabase(database, settings.limits)
  const views = new ViewDirectory(bounded)
  const access = new Access(settings.access, views, bounded)
  const context: HttpContext = { database: bounded, views, access, limits: settings.limits, fresh: settings.fresh, log }
  const app = new Hono({ strict: false }).basePath(settings.basePath)
  app.onError((error) => problemResponse(problemOf(error, context.log)))
  app.notFound(() => problemResponse(new Problem('NOT_FOUND', 'There is nothing at this address.')))
  return {
    app,
    fetch: async (request, env) => app.fetch(request, env),
    close: async () => undefined,
  }
}

const silent: Log = { debug() {}, info() {}, warn() {}, error() {} }
