import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Hono } from 'hono'
import { Pool } from 'pg'
import { type Listening, listenOn } from '../../../src/cli/serve/listen.js'
import { createHandler } from '../../../src/http/index.js'
import { staticPage } from '../../../src/http/staticFiles.js'
import { platformRoutes } from './routes.js'

export interface ArenaServerOptions {
  readonly databaseUrl: string
  /** Allows everything. */
  readonly token: string
  /** 0: any that is free. */
  readonly port: number
}

export interface ArenaServer {
  /** With the token, which the pages take out of the address. Null: it was not built. */
  readonly dashboard: string | null
  readonly console: string | null
  close(): Promise<void>
}

const builtDashboard = fileURLToPath(new URL('../dashboard/dist/', import.meta.url))

/**
 * The platform as its users see it, to this machine alone: the dashboard at `/dashboard/`, the platform's own API at
 * `/platform/`, and all that Tidemark serves, the console included.
 * @throws TidemarkError ADDRESS_TAKEN.
 */
export async function serveArena({ databaseUrl, token, port }: ArenaServerOptions): Promise<ArenaServer> {
  const pool = new Pool({ connectionString: databaseUrl, max: 8, application_name: 'arena-dashboard' })
  pool.on('error', () => {}) // A connection that breaks is told by the next query on it.
  const tidemark = createHandler({
    database: pool,
    listen: databaseUrl,
    access: { tokens: [{ name: 'arena', token, actions: '*' }] },
  })
  const hasDashboard = existsSync(join(builtDashboard, 'index.html'))
  const app = new Hono<{ Bindings: object }>({ strict: false })
  app.route('/platform', platformRoutes(pool, token))
  if (hasDashboard) {
    app.get('/', (c) => c.redirect('/dashboard/'))
    app.route('/', staticPage('dashboard', builtDashboard))
  }
  app.all('*', (c) => tidemark.fetch(c.req.raw, c.env))
  const close = async (server?: Listening): Promise<void> => {
    await tidemark.close()
    await server?.close(2_000)
    await pool.end()
  }
  const server = await listenOn(app, '127.0.0.1', port).catch(async (error: unknown) => {
    await close()
    throw error
  })
  const hasConsole = (await app.request('/console/')).ok
  const addressOf = (path: string) => `${server.url}${path}#token=${token}`
  return {
    dashboard: hasDashboard ? addressOf('/dashboard/') : null,
    console: hasConsole ? addressOf('/console/') : null,
    close: () => close(server),
  }
}
