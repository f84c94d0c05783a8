import { setTimeout as delay } from 'node:timers/promises'
import { Client } from 'pg'
import { chooseOperation, type OperationName, operationNames, runOperation, usualMix } from './writers/operations.js'
import { type Random, seededRandom } from './writers/random.js'

export interface WriterOptions {
  /** Connections that write at the same time. Default 4. */
  readonly clients?: number
  /** Transactions per second of all clients together. Left out: each writes as fast as it can. */
  readonly ratePerSecond?: number
  /** Chooses operations, rows and scores. What they meet depends on how the clients interleave. Default 1. */
  readonly seed?: number
  /** How often each operation is chosen, relative to the others; one left out keeps its usual weight. */
  readonly mix?: Partial<Readonly<Record<OperationName, number>>>
  /** Stops the writers when aborted. */
  readonly signal?: AbortSignal
}

export interface WriterCounters {
  /** Committed, or rolled back on purpose. */
  transactions: number
  /** Inserted, updated and deleted, as the statements count them (not what cascades). */
  rows: number
  /** Failed transactions and failed attempts to connect. */
  errors: number
  lastError: string | undefined
  readonly byOperation: Record<OperationName, number>
}

export interface Writers {
  /** They count while the writers run. */
  readonly counters: Readonly<WriterCounters>
  /**
   * Finishes the transactions in flight, closes the connections, and gives the last counters. A transaction that takes
   * longer than five seconds is cut off. May be called again.
   */
  stop(): Promise<Readonly<WriterCounters>>
}

interface Shared {
  readonly connectionString: string
  readonly mix: Readonly<Record<OperationName, number>>
  readonly counters: WriterCounters
  readonly stopping: AbortSignal
  readonly connections: Set<Connection>
}

interface Connection {
  readonly client: Client
  lost: boolean
}

/** Milliseconds. */
const firstRetry = 50
const longestRetry = 5_000
const longestGoodbye = 2_000
const longestFinish = 5_000
/** A writer that fell behind its rate catches up for this long at most, not with a burst without end. */
const longestCatchUp = 1_000

/**
 * Writes as the platform's users do until stopped, through lost connections and restarts of the server. It never
 * rejects: failures are counted, and the last one is kept.
 */
export function startWriters(connectionString: string, options: WriterOptions = {}): Writers {
  const { clients = 4, ratePerSecond, seed = 1, signal } = options
  if (!Number.isInteger(clients) || clients < 1) throw new RangeError(`clients must be 1 or more, not ${clients}`)
  if (ratePerSecond !== undefined && !(ratePerSecond > 0)) {
    throw new RangeError(`ratePerSecond must be above 0, not ${ratePerSecond}`)
  }
  const stop = new AbortController()
  const shared: Shared = {
    connectionString,
    mix: { ...usualMix, ...options.mix },
    counters: newCounters(),
    stopping: signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]),
    connections: new Set(),
  }
  const interval = ratePerSecond === undefined ? 0 : (1000 * clients) / ratePerSecond
  const running = Array.from({ length: clients }, (_, index) =>
    writeUntilStopped(shared, seededRandom(seed * 1_000 + index), pacer(interval, (index / clients) * interval)),
  )
  return {
    counters: shared.counters,
    stop: async () => {
      stop.abort()
      await finished(Promise.all(running), shared.connections)
      return shared.counters
    },
  }
}

async function finished(running: Promise<unknown>, connections: ReadonlySet<Connection>): Promise<void> {
  await atMost(longestFinish, running)
  // Whoever still has one waits for a statement: ending a busy client cuts its socket.
  for (const { client } of connections) client.end().catch(() => {})
  await running
}

/** One writer: a connection, and another when that one is lost. Failures in a row make it wait longer and longer. */
async function writeUntilStopped(shared: Shared, random: Random, nextTurn: () => number): Promise<void> {
  const { counters, stopping } = shared
  let connection: Connection | undefined
  let failures = 0
  while (!stopping.aborted) {
    try {
      connection ??= await connect(shared)
      await pause(nextTurn(), stopping)
      if (stopping.aborted) break
      const operation = chooseOperation(shared.mix, random)
      const rows = await runOperation(operation, connection.client, random)
      counters.transactions += 1
      counters.rows += rows
      counters.byOperation[operation] += 1
      failures = 0
    } catch (error) {
      counters.errors += 1
      counters.lastError = error instanceof Error ? error.message : String(error)
      connection = await recovered(connection, shared)
      await pause(backoff(failures++), stopping)
    }
  }
  if (connection !== undefined) await close(connection, shared)
}

async function connect(shared: Shared): Promise<Connection> {
  const client = new Client({
    connectionString: shared.connectionString,
    application_name: 'arena-writer',
    connectionTimeoutMillis: 5_000,
    statement_timeout: 30_000,
    // A server that is gone without a word: the statement's own limit would never be heard of.
    query_timeout: 35_000,
    keepAlive: true,
  })
  const connection: Connection = { client, lost: false }
  shared.connections.add(connection)
  const lose = () => {
    connection.lost = true
  }
  // Without a listener an idle connection that is cut would end the process.
  client.on('error', lose)
  client.on('end', lose)
  try {
    await client.connect()
  } catch (error) {
    await close(connection, shared)
    throw error
  }
  return connection
}

/** The connection, with the failed transaction ended, or undefined where it is of no more use. */
async function recovered(connection: Connection | undefined, shared: Shared): Promise<Connection | undefined> {
  if (connection === undefined) return undefined
  try {
    if (!connection.lost) await connection.client.query('rollback')
  } catch {
    connection.lost = true
  }
  if (!connection.lost) return connection
  await close(connection, shared)
  return undefined
}

/** Says goodbye, and does not wait long for an answer. */
async function close(connection: Connection, shared: Shared): Promise<void> {
  await atMost(
    longestGoodbye,
    connection.client.end().catch(() => {}),
  )
  shared.connections.delete(connection)
}

/** Waits for the work to end, this many milliseconds at most. */
async function atMost(milliseconds: number, work: Promise<unknown>): Promise<void> {
  const done = new AbortController()
  await Promise.race([work, pause(milliseconds, done.signal)])
  done.abort()
}

/** Gives the milliseconds to wait until the next turn of an even rhythm; always 0 for interval 0. */
function pacer(interval: number, offset: number): () => number {
  let next = performance.now() + offset
  return () => {
    if (interval === 0) return 0
    const now = performance.now()
    const turn = Math.max(next, now - longestCatchUp)
    next = turn + interval
    return Math.max(0, turn - now)
  }
}

function backoff(failures: number): number {
  const longest = Math.min(longestRetry, firstRetry * 2 ** Math.min(failures, 10))
  return longest * (0.5 + Math.random() / 2)
}

/** Ends early, without an error, when the signal is aborted. */
async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  if (milliseconds > 0 && !signal.aborted) await delay(milliseconds, undefined, { signal }).catch(() => {})
}

function newCounters(): WriterCounters {
  const byOperation = Object.fromEntries(operationNames.map((name) => [name, 0])) as Record<OperationName, number>
  return { transactions: 0, rows: 0, errors: 0, lastError: undefined, byOperation }
}
