import { PostgrestClient } from '@supabase/postgrest-js'
import { Hono } from 'hono'
import type { ServingOptions } from '../../../src/define/http-options.js'
import { normaliseServing } from '../../../src/define/normalise-http.js'
import { Access } from '../../../src/http/access/access.js'
import { restRoutes } from '../../../src/http/rest/routes.js'
import { ViewDirectory } from '../../../src/http/views.js'
import { createReader } from '../../../src/read/index.js'
import type { Log } from '../../../src/worker/events.js'
import type { TestDatabase } from '../../kit/index.js'

export interface Logged {
  readonly level: string
  readonly context: object
}

export interface TestServer {
  /** What is written to the log. */
  readonly logged: readonly Logged[]
  /** How often rows were read. */
  readonly reads: { readonly count: number }
  get(path: string, headers?: Record<string, string>, method?: string): Promise<Response>
  answer(request: Request): Promise<Response>
  client(headers?: Record<string, string>): PostgrestClient
}

const origin = 'http://localhost'

/** Views of a database at `/rest/v1`, with no socket. Without options, anybody reads everything. */
export function serveViews(db: TestDatabase, options: ServingOptions = {}): TestServer {
  const settings = normaliseServing({ access: { open: ['read', 'read-live'] }, ...options })
  const logged: Logged[] = []
  const write = (level: string) => (context: object) => void logged.push({ level, context })
  const log: Log = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
  const views = new ViewDirectory(db.pool)
  const reads = { count: 0 }
  const reader = createReader({ database: db.pool })
  const readJson: typeof reader.readJson = (request) => {
    reads.count++
    return reader.readJson(request)
  }
  const routes = restRoutes({
    reader: { ...reader, readJson },
    views,
    access: new Access(settings.access, views, db.pool, { ...settings.limits, log }),
    limits: settings.limits,
    fresh: settings.fresh,
    log,
  })
  const app = new Hono().route('/rest/v1', routes)
  const get = async (path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Response> =>
    app.request(`${origin}/rest/v1/${path}`, { method, headers })
  return {
    logged,
    reads,
    get,
    answer: async (request) => app.request(request),
    client: (headers = {}) =>
      new PostgrestClient(`${origin}/rest/v1`, {
        headers,
        fetch: async (input, init) => app.request(input as string, init),
        retry: false,
      }),
  }
}

/** Rows as a client reads them: the JSON that PostgreSQL makes of them. */
export async function rowsOf(db: TestDatabase, query: string): Promise<unknown[]> {
  const [row] = await db.rows<{ all: unknown[] }>(
    `SELECT coalesce(json_agg(row_to_json(r)), '[]') AS all FROM (${query}) AS r`,
  )
  return row?.all ?? []
}
