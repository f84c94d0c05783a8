import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { describe, expect, onTestFinished, test } from 'vitest'
import { startPrivateServer, useTestDatabase } from '../../test/kit/index.js'
import { loadArena } from './data.js'
import { type OperationName, operationNames } from './writers/operations.js'
import { startWriters, type WriterOptions, type Writers } from './writes.js'

const arena = await useTestDatabase()
await loadArena(await arena.connect(), { submissions: 5_000 })

/** Nothing listens there. */
const nowhere = 'postgres://nobody@127.0.0.1:1/nothing'

function start(options: WriterOptions, url = arena.url): Writers {
  const writers = startWriters(url, options)
  onTestFinished(async () => {
    await writers.stop()
  })
  return writers
}

/** A mix of one operation, or of all in equal parts. */
function only(...names: readonly OperationName[]): Record<OperationName, number> {
  return Object.fromEntries(operationNames.map((name) => [name, names.includes(name) ? 1 : 0])) as Record<
    OperationName,
    number
  >
}

async function until(what: string, holds: () => boolean, milliseconds = 45_000): Promise<void> {
  const deadline = Date.now() + milliseconds
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`waited in vain until ${what}`)
    await sleep(10)
  }
}

async function number(sql: string): Promise<number> {
  const [row] = await arena.rows<{ value: string }>(`select (${sql}) as value`)
  return Number(row?.value)
}

const counted = {
  submissions: 'select count(*) from submissions',
  scored: `select count(*) from submissions where status = 'scored'`,
  failed: `select count(*) from submissions where status = 'failed'`,
  rescored: `select count(*) from submissions where scored_at > now() - interval '1 hour'`,
  points: 'select sum(hashtextextended(final_lane_scores::text, 0)) from submissions',
  results: 'select count(*) from bout_results',
  bouts: 'select count(*) from bouts',
  matched: 'select count(bout_id) from submissions',
  outputs: 'select count(*) from judge_outputs',
}

describe('an operation', () => {
  test.each<[OperationName, keyof typeof counted, (change: number) => boolean]>([
    ['submit', 'submissions', (change) => change >= 5],
    ['score', 'scored', (change) => change >= 5],
    ['correct', 'rescored', (change) => change >= 4],
    ['correct', 'scored', (change) => change === 0],
    ['fail', 'failed', (change) => change >= 5],
    ['withdraw', 'submissions', (change) => change <= -5],
    ['decide', 'results', (change) => change >= 5],
    ['judge', 'outputs', (change) => change >= 10],
    ['match', 'bouts', (change) => change >= 5],
    ['match', 'matched', (change) => change >= 10],
    ['regrade', 'points', (change) => change !== 0],
    ['bulkSubmit', 'submissions', (change) => change >= 100],
    ['abandon', 'submissions', (change) => change === 0],
    ['abandon', 'rescored', (change) => change === 0],
  ])('%s changes: %s', async (name, measure, expected) => {
    const before = await number(counted[measure])
    const writers = start({ clients: 1, mix: only(name) })
    await until('it ran', () => writers.counters.byOperation[name] >= 6 || writers.counters.errors > 0)
    const { lastError } = await writers.stop()
    expect(lastError).toBeUndefined()
    const change = (await number(counted[measure])) - before
    expect(expected(change), `changed by ${change}`).toBe(true)
  })
})

describe('the writers', () => {
  test('mix all operations from several clients, without an error', async () => {
    const writers = start({ clients: 6, mix: only(...operationNames) })
    await until('each ran', () => operationNames.every((name) => writers.counters.byOperation[name] >= 20))
    const { errors, lastError, rows, transactions, byOperation } = await writers.stop()
    expect(lastError).toBeUndefined()
    expect(errors).toBe(0)
    expect(rows).toBeGreaterThan(transactions / 2)
    expect(Object.values(byOperation).reduce((sum, count) => sum + count)).toBe(transactions)
  })

  test('keep each composite the mean of its lanes, and the lanes those of the challenge', async () => {
    expect(await number(counted.rescored)).toBeGreaterThan(0)
    const wrong = await number(`
      select count(*) from submissions s join challenges c on c.id = s.challenge_id
      where scored_at > now() - interval '1 hour' and (
        composite_score is distinct from (
          select round(avg(value::numeric), 3) from jsonb_each_text(s.final_lane_scores)
        )
        or not s.final_lane_scores ?& c.lane_keys
      )`)
    expect(wrong).toBe(0)
  })

  test('keep to the rate', async () => {
    const writers = start({ clients: 4, ratePerSecond: 100, mix: only('submit') })
    await until('the first wrote', () => writers.counters.transactions > 0)
    const began = performance.now()
    await until('it wrote a while', () => writers.counters.transactions > 100, 10_000)
    const { transactions } = await writers.stop()
    expect(transactions / (performance.now() - began)).toBeLessThan(0.14)
  })

  test('stop at once, however long their turn is away, and may be stopped again', async () => {
    const writers = start({ clients: 3, ratePerSecond: 0.001 })
    await until('the first wrote', () => writers.counters.transactions > 0)
    const began = performance.now()
    const counters = await writers.stop()
    expect(await writers.stop()).toBe(counters)
    expect(performance.now() - began).toBeLessThan(10_000)
  })

  test('stop when the signal is aborted, also before they began', async () => {
    const stopping = new AbortController()
    const writers = start({ clients: 2, signal: stopping.signal })
    await until('they write', () => writers.counters.transactions > 10)
    stopping.abort()
    const { transactions } = await writers.stop()
    await sleep(100)
    expect(writers.counters.transactions).toBe(transactions)
    expect((await start({ signal: AbortSignal.abort() }).stop()).transactions).toBe(0)
  })

  test.each([{ clients: 0 }, { clients: 1.5 }, { ratePerSecond: 0 }, { ratePerSecond: Number.NaN }])(
    'refuse %o',
    (options) => {
      expect(() => startWriters(arena.url, options)).toThrow(RangeError)
    },
  )
})

describe('in trouble, the writers', () => {
  test('connect again when their connections are cut', async () => {
    const writers = start({ clients: 3 })
    await until('they write', () => writers.counters.transactions > 30)
    await arena.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where application_name = 'arena-writer' and datname = current_database()`,
    )
    await until('they noticed', () => writers.counters.errors >= 3)
    const noticed = writers.counters.transactions
    await until('they write again', () => writers.counters.transactions > noticed + 30)
  })

  test('wait for a server that is not there, ever longer, and stop while it is not', async () => {
    const writers = start({ clients: 1 }, nowhere)
    await sleep(1_000)
    await until('it tried again', () => writers.counters.errors > 1)
    const { errors, lastError, transactions } = await writers.stop()
    expect(transactions).toBe(0)
    expect(lastError).toMatch(/ECONNREFUSED/)
    expect(errors).toBeGreaterThan(1)
    expect(errors).toBeLessThan(12)
  })

  test('do not hurry when every statement fails', async () => {
    const empty = new URL(arena.url)
    empty.searchParams.set('options', '-c search_path=pg_catalog')
    const writers = start({ clients: 1 }, empty.href)
    await sleep(1_000)
    const { errors, lastError } = await writers.stop()
    expect(lastError).toMatch(/does not exist/)
    expect(errors).toBeLessThan(12)
  })

  test('cut off a transaction that does not end when they are stopped', async () => {
    const locking = await arena.connect()
    await locking.query('begin; lock table submissions in exclusive mode')
    const writers = start({ clients: 1, mix: only('submit') })
    await sleep(200)
    const began = performance.now()
    await writers.stop()
    await locking.query('rollback')
    expect(performance.now() - began).toBeLessThan(30_000)
  })

  test('go on after the server was restarted', async () => {
    const server = await startPrivateServer()
    onTestFinished(() => server.remove())
    const client = new Client(server.url)
    client.on('error', () => {})
    await client.connect()
    await loadArena(client, { submissions: 1_000 })
    await client.end()

    const writers = start({ clients: 2 }, server.url)
    await until('they write', () => writers.counters.transactions > 30)
    await server.stop()
    const stopped = writers.counters.transactions
    await until('they noticed', () => writers.counters.errors >= 2)
    await server.start()
    await until('they write again', () => writers.counters.transactions > stopped + 30)
    await writers.stop()
  })
})
