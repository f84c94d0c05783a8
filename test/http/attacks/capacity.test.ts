/** Each test is named by what it tries. */
import type { Server } from 'node:http'
import { connect } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import { describe, expect, test } from 'vitest'
import { until } from '../../worker/kit.js'
import { expectProblem, listen, operator, serve } from '../kit.js'
import { useAttacked } from './kit.js'

const { db, handlers } = await useAttacked()

describe('capacity', () => {
  test('a pool that is exhausted: a clear 503, soon, and for many at once', async () => {
    const served = serve(db.url, { connections: 1, limits: { connectionWait: '200ms', maxWaiting: 5 } })
    await served.get('/api/views', operator)
    const blocker = await db.connect()
    await blocker.query('begin; lock table tidemark.run in access exclusive mode')
    const holding = served.get('/api/runs', operator)
    const locked = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
    await until(async () => (await db.rows(locked)).length > 0, 'the connection is taken')
    const began = performance.now()
    const answers = await Promise.all(Array.from({ length: 50 }, () => served.get('/api/lineage', operator)))
    expect(performance.now() - began).toBeLessThan(5_000)
    for (const answer of answers) {
      expect(answer.headers.get('retry-after')).toMatch(/^\d+$/)
      await expectProblem(answer, 503, 'OVERLOADED')
    }
    await blocker.query('rollback')
    expect((await holding).status).toBe(200)
    expect((await served.get('/api/lineage', operator)).status).toBe(200)
    await served.close()
  })

  test('a statement that takes too long is given up', async () => {
    const served = handlers({ limits: { statementTimeout: '200ms' } })
    const blocker = await db.connect()
    await blocker.query('begin; lock table tidemark.run in access exclusive mode')
    await expectProblem(await served.get('/api/runs', operator), 504, 'READ_TIMEOUT')
    await blocker.query('rollback')
  })

  test('a client that does not read is given up; the others hear on', async () => {
    const served = serve(db.url, { listen: db.url })
    const server = createAdaptorServer({ fetch: served.handler.fetch }) as Server
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => {})
    socket.write(`GET /api/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${operator}\r\n\r\n`)
    await new Promise((resolve) => socket.once('data', resolve))
    socket.pause()
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
    const heard = await listen(served, '/api/events', operator)
    const text = 'x'.repeat(100_000)
    let told = 0
    for (let round = 0; round < 200; round++) {
      const alert = { kind: 'stale', view: 'open', message: text, at: new Date().toISOString() }
      await db.query('insert into tidemark.alert (alert) values ($1)', [JSON.stringify(alert)])
      told++
      await until(() => heard.events.length >= told, 'the other one is told')
      const stats = (await (await served.get('/api/stats', operator)).json()) as {
        events: { clients: number; dropped: number }
      }
      if (stats.events.dropped > 0) {
        expect(stats.events).toMatchObject({ clients: 1, dropped: 1 })
        break
      }
    }
    expect(told).toBeLessThan(200)
    socket.resume()
    await closed
    await heard.stop()
    await served.close()
    await new Promise((resolve) => server.close(resolve))
    await db.query('truncate tidemark.alert')
  })
})
