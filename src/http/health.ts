import { Hono } from 'hono'
import { ask } from './ask.js'
import type { HttpContext } from './context.js'
import { problemOf } from './problem.js'

/** `/healthz`: the process answers. `/readyz`: so does the database, and the catalog is there. Neither says anything else. */
export function healthRoutes(context: HttpContext): Hono {
  const app = new Hono({ strict: false })
  app.get('/healthz', () => told(200, 'ok'))
  app.get('/readyz', async () => {
    try {
      const [row] = await ask<{ deployed: boolean }>(
        context,
        "SELECT to_regclass('tidemark.view') IS NOT NULL AS deployed",
      )
      return row?.deployed === true ? told(200, 'ok') : told(503, 'NOT_DEPLOYED')
    } catch (error) {
      return told(503, problemOf(error, context.log).code)
    }
  })
  return app
}

function told(status: number, state: string): Response {
  return new Response(`${state}\n`, { status, headers: { 'content-type': 'text/plain', 'cache-control': 'no-store' } })
}
