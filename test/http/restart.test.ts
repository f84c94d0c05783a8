/** A database that restarts, and servers that do, in the middle of it all. */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { refreshView } from '../../src/engine/refresh.js'
import { useOwnServer } from '../kit/index.js'
import { deploy, until } from '../worker/kit.js'
import { listen, operator, serve } from './kit.js'

const own = await useOwnServer()

test('the database restarts: requests are refused clearly, a stream goes on and misses nothing', async () => {
  await own.query(`create table t (id int generated always as identity primary key, g int);
    insert into t (g) select i % 5 from generate_series(1, 50) i`)
  await deploy(own.pool, {
    one: { query: 'select g, count(*) as n from t group by g' },
    two: { query: 'select g, max(id) as last from t group by g' },
  })
  const served = serve(own.server.url, { listen: own.server.url })
  const heard = await listen(served, '/api/events', operator)
  await own.server.restart()
  const refused = await served.get('/api/runs', operator)
  expect([200, 503]).toContain(refused.status)
  const refreshed = async (): Promise<boolean> => {
    await own.query('insert into t (g) values (1)')
    return (await refreshView(own.pool, 'one')).mode === 'incremental'
  }
  await until(() => refreshed().catch(() => false), 'the database is there again')
  await until(() => heard.events.length > 0, 'the same stream tells of it')
  expect(heard.ended).toBe(false)
  await until(async () => (await served.get('/api/runs', operator)).status === 200, 'requests are answered')
  await heard.stop()
  await served.close()
})

test('servers come and go while several sessions refresh: a client that follows hears each refresh once', async () => {
  let writing = true
  let runs = 0
  const write = async (view: string): Promise<void> => {
    while (writing) {
      await own.query('insert into t (g) values ($1)', [runs % 5])
      const { mode } = await refreshView(own.pool, view)
      if (mode === 'incremental' || mode === 'full') runs++
      await sleep(5)
    }
  }
  let server = serve(own.server.url, { listen: own.server.url })
  let heard = await listen(server, '/api/events', operator)
  const told: string[] = []
  const { rows: before } = await own.query("select view_id || '-' || epoch as epoch from tidemark.state")
  const writers = ['one', 'two', 'one'].map(write)
  for (let round = 0; round < 6; round++) {
    await until(() => runs > round * 10, 'they have refreshed')
    const position = heard.lastId
    await server.close()
    await until(() => heard.ended, 'the stream ends with its server')
    // What came after the last position is told again: it was no whole batch.
    const last = heard.lastId
    expect(last === position || last !== undefined).toBe(true)
    told.push(...heard.events.flatMap((event) => (event.type === 'refreshed' ? [event.epoch] : [])))
    server = serve(own.server.url, { listen: own.server.url })
    heard = await listen(server, '/api/events', operator, last)
  }
  writing = false
  await Promise.all(writers)
  const { rows: after } = await own.query("select view_id || '-' || epoch as epoch from tidemark.state")
  const isWhole = (): boolean => {
    const all = [...told, ...heard.events.flatMap((event) => (event.type === 'refreshed' ? [event.epoch] : []))]
    return after.every(({ epoch }: { epoch: string }) => all.includes(epoch))
  }
  await until(isWhole, 'the last refreshes are told')
  told.push(...heard.events.flatMap((event) => (event.type === 'refreshed' ? [event.epoch] : [])))
  expect(heard.text).not.toContain('event: reset')
  expect(runs).toBeGreaterThan(50)
  const known = new Set(before.map(({ epoch }: { epoch: string }) => epoch))
  const fresh = told.filter((epoch) => !known.has(epoch))
  expect(new Set(fresh).size).toBe(runs)
  expect(fresh).toHaveLength(runs)
  await heard.stop()
  await server.close()
})

test('while the database is away, that is told; and how fresh views are when it is there again', async () => {
  await refreshView(own.pool, 'one')
  const serving = serve(own.server.url, { listen: own.server.url })
  const heard = await listen(serving, '/api/events?views=one', operator)
  const stalenessNow = (): number | null | undefined => {
    const last = heard.freshness.at(-1)
    return last?.type === 'freshness' ? last.freshness.stalenessSeconds : undefined
  }
  await until(() => stalenessNow() === 0, 'it is told')
  const stoppingAt = Date.now()
  await own.server.stop()
  const stoppedAt = Date.now()
  await until(() => heard.freshness.at(-1)?.type === 'unwatched', 'it is told')
  const lost = heard.freshness.at(-1)
  // It looks every second, more or less; and never after the end.
  expect(Date.parse(lost?.at ?? '')).toBeGreaterThan(stoppingAt - 6_000)
  expect(Date.parse(lost?.at ?? '')).toBeLessThanOrEqual(stoppedAt)
  await own.server.start()
  await until(() => stalenessNow() === 0, 'it is told how fresh it is')
  const written = (): Promise<boolean> =>
    own.query('insert into t (g) values (1)').then(
      () => true,
      () => false,
    )
  await until(written, 'the pool is there again')
  await until(() => (stalenessNow() ?? 0) > 0, 'and that something waits')
  expect(heard.ended).toBe(false)
  await heard.stop()
  await serving.close()
})
