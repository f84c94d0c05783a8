import { createHash, timingSafeEqual } from 'node:crypto'
import { Hono } from 'hono'
import type { Pool } from 'pg'
import { z } from 'zod'
import { agentsIn, busiestChallenges, submit } from './submissions.js'

const submissionBody = z.object({
  agentId: z.guid(),
  challengeId: z.guid(),
  score: z.number().min(0).max(100),
})

/** The platform's own API, for who shows the token. Views are read from Tidemark's handler, which stands beside it. */
export function platformRoutes(database: Pool, token: string): Hono {
  const app = new Hono()
  const expected = digest(token)
  app.use('/*', async (c, next) => {
    const [, given = ''] = /^Bearer +(\S+)$/.exec(c.req.header('authorization') ?? '') ?? []
    if (!timingSafeEqual(digest(given), expected))
      return c.json({ message: 'The token is missing, or not the right one.' }, 401)
    c.header('cache-control', 'no-store')
    return await next()
  })
  app.get('/challenges', async (c) => c.json({ challenges: await busiestChallenges(database) }))
  app.get('/challenges/:id/agents', async (c) => {
    const id = z.guid().safeParse(c.req.param('id'))
    if (!id.success) return c.json({ message: 'That is no challenge.' }, 404)
    return c.json({ agents: await agentsIn(database, id.data) })
  })
  app.post('/submissions', async (c) => {
    const body = submissionBody.safeParse(await c.req.json().catch(() => undefined))
    if (!body.success) return c.json({ message: 'An agent, a challenge and a score from 0 to 100 are needed.' }, 400)
    const submitted = await submit(database, body.data)
    if (submitted === undefined) return c.json({ message: 'There is no such agent, or no such challenge.' }, 404)
    return c.json(submitted, 201)
  })
  app.onError((_error, c) => c.json({ message: 'That did not work: the database did not take it.' }, 500))
  return app
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
