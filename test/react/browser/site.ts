import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { getRequestListener } from '@hono/node-server'
import react from '@vitejs/plugin-react'
import { Pool } from 'pg'
import { build } from 'vite'
import { createHandler, type Handler } from '../../../src/http/index.js'
import { patient } from '../../http/kit.js'

export const token = 'the-token-of-a-page-in-a-test'

/** The view that the page shows: by account, what orders there are. */
export const liveOrders = {
  table: 'CREATE TABLE orders (id bigint PRIMARY KEY, account int NOT NULL)',
  query: 'SELECT account, count(*) AS orders, max(id) AS newest FROM orders GROUP BY account',
}

/** The page, built as an application builds it, in a folder that `remove` takes away. */
export async function buildPage(): Promise<{ readonly folder: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'tidemark-page-'))
  await build({
    configFile: false,
    logLevel: 'warn',
    root: fileURLToPath(new URL('page', import.meta.url)),
    base: './',
    plugins: [react()],
    resolve: { alias: { 'tidemark/react': fileURLToPath(new URL('../../../src/react/index.ts', import.meta.url)) } },
    build: { outDir: folder, emptyOutDir: true },
  })
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) }
}

/** A server of the page and, under `/tidemark`, of the database. It can be stopped and started at the same address. */
export class Site {
  #server: Server | undefined
  #handler: Handler | undefined
  #pool: Pool | undefined
  #port = 0

  constructor(
    readonly databaseUrl: string,
    readonly folder: string,
  ) {}

  get url(): string {
    return `http://127.0.0.1:${this.#port}/?token=${token}`
  }

  async start(): Promise<void> {
    const pool = new Pool({ connectionString: this.databaseUrl, max: 4 })
    pool.on('error', () => {})
    const handler = createHandler({
      database: pool,
      listen: this.databaseUrl,
      basePath: '/tidemark',
      access: { tokens: [{ name: 'page', token, actions: ['read', 'freshness', 'refresh'] }] },
      limits: patient,
    })
    const answer = getRequestListener(handler.fetch, { overrideGlobalObjects: false })
    const server = createServer((request, response) => {
      if (request.url?.startsWith('/tidemark/')) void answer(request, response)
      else void this.#file(request, response)
    })
    await new Promise<void>((resolve) => server.listen(this.#port, '127.0.0.1', resolve))
    this.#port = (server.address() as AddressInfo).port
    this.#server = server
    this.#handler = handler
    this.#pool = pool
  }

  /** As when its process is killed: nobody is told good-bye. */
  async stop(): Promise<void> {
    const server = this.#server
    if (server === undefined) return
    const closed = new Promise((resolve) => server.close(resolve))
    server.closeAllConnections()
    await closed
    await this.#handler?.close()
    await this.#pool?.end()
    this.#server = undefined
  }

  async #file(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost')
    const path = normalize(pathname === '/' ? '/index.html' : pathname)
    const types: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' }
    try {
      const text = await readFile(join(this.folder, path))
      response.setHeader('Content-Type', `${types[extname(path)] ?? 'application/octet-stream'}; charset=utf-8`)
      response.end(text)
    } catch {
      response.statusCode = 404
      response.end()
    }
  }
}
