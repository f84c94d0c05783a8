import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'

/** How long commits took to show in a view. */
export interface Probed {
  /** Milliseconds from commit to being seen, of every transaction. */
  readonly latencies: readonly number[]
  readonly transactionsPerSecond: number
  /** Milliseconds between two looks: a latency is measured that much too high, at the most. */
  readonly looks: readonly number[]
  /** Transactions that were never seen. */
  readonly unseen: number
}

export interface ProbeOptions {
  readonly url: string
  /** account_totals, or what is to be compared with it. */
  readonly view: string
  readonly ratePerSecond: number
  readonly seconds: number
  readonly accounts: number
}

/** A few connections are enough: a transaction takes some milliseconds at the most. */
const writersOf = (rate: number) => Math.max(2, Math.min(16, Math.ceil(rate / 50)))
const longestWaitMs = 20_000
const betweenLooksMs = 2

/** What was committed and not seen yet: the newest order of an account, and all that the view shows with it. */
type Waiting = Map<number, { readonly order: number; readonly committedAt: number }[]>

/**
 * Writes orders at an even rate and, on a connection of its own, looks again and again whether the view shows them.
 * Every account belongs to one writer, so its order numbers come to be in their sequence.
 */
export async function probe(options: ProbeOptions): Promise<Probed> {
  const { url, ratePerSecond, seconds } = options
  const waiting: Waiting = new Map()
  const writers = writersOf(ratePerSecond)
  const stopAt = performance.now() + seconds * 1000
  const running = { writing: true }
  const looking = look(options, waiting, running)
  const started = performance.now()
  const counts = await Promise.all(
    Array.from({ length: writers }, (_, writer) =>
      write(url, waiting, {
        stopAt,
        intervalMs: (writers / ratePerSecond) * 1000,
        accounts: Array.from({ length: Math.floor(options.accounts / writers) }, (_, n) => n * writers + writer),
      }),
    ),
  )
  const written = counts.reduce((sum, count) => sum + count, 0)
  const took = (performance.now() - started) / 1000
  running.writing = false
  const seen = await looking
  return { ...seen, transactionsPerSecond: written / took, unseen: written - seen.latencies.length }
}

interface Writing {
  readonly stopAt: number
  readonly intervalMs: number
  readonly accounts: readonly number[]
}

/** The number of transactions. */
async function write(url: string, waiting: Waiting, { stopAt, intervalMs, accounts }: Writing): Promise<number> {
  const client = new pg.Client(url)
  await client.connect()
  let count = 0
  let turn = performance.now() + Math.random() * intervalMs
  while (turn < stopAt) {
    const now = performance.now()
    // Behind by more than a second, it skips: the rate that was reached is reported.
    if (turn < now - 1_000) turn = now
    if (turn > now) await delay(turn - now)
    turn += intervalMs
    const account = accounts[Math.floor(Math.random() * accounts.length)] ?? 0
    const { rows } = await client.query<{ id: string }>({
      name: 'order',
      text: 'insert into orders (account, amount) values ($1, $2) returning id',
      values: [account, Math.ceil(Math.random() * 10_000) / 100],
    })
    const list = waiting.get(account) ?? []
    list.push({ order: Number(rows[0]?.id), committedAt: performance.now() })
    waiting.set(account, list)
    count += 1
  }
  await client.end()
  return count
}

async function look(
  { url, view }: ProbeOptions,
  waiting: Waiting,
  running: { writing: boolean },
): Promise<Pick<Probed, 'latencies' | 'looks'>> {
  const client = new pg.Client(url)
  await client.connect()
  const latencies: number[] = []
  const looks: number[] = []
  let lastSeen = performance.now()
  let before = performance.now()
  while ((running.writing || waiting.size > 0) && performance.now() - lastSeen < longestWaitMs) {
    await delay(betweenLooksMs)
    const { rows } = await client.query<{ account: number; newest: string }>({
      name: 'look',
      text: `select account, newest from ${view} where account = any ($1)`,
      values: [[...waiting.keys()]],
    })
    const now = performance.now()
    looks.push(now - before)
    before = now
    const found = rows.flatMap(({ account, newest }) => seenOf(waiting, account, Number(newest)))
    if (found.length > 0) lastSeen = now
    // One that the view showed before its writer heard of its commit was there at once.
    for (const committedAt of found) latencies.push(Math.max(0, now - committedAt))
  }
  await client.end()
  return { latencies, looks }
}

/** Takes out what the view shows now, and says when it was committed. */
function seenOf(waiting: Waiting, account: number, newest: number): number[] {
  const list = waiting.get(account) ?? []
  const seen = list.filter(({ order }) => order <= newest)
  const rest = list.filter(({ order }) => order > newest)
  if (rest.length === 0) waiting.delete(account)
  else waiting.set(account, rest)
  return seen.map(({ committedAt }) => committedAt)
}
