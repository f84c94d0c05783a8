import { setTimeout as sleep } from 'node:timers/promises'
import { Client, type Pool, type QueryResult } from 'pg'
import { refreshView } from '../../src/engine/refresh.js'
import { verifyView } from '../../src/engine/verify.js'
import { chooseMode, type Mode, outcome, refreshAndCompare, type Target } from './checks.js'
import { Random } from './random.js'
import { type WriterResult, write } from './writers.js'

export interface ConcurrentRequest {
  readonly url: string
  readonly pool: Pool
  readonly targets: readonly Target[]
  readonly seed: number
  readonly durationMs: number
  readonly writers?: number
  readonly onFailure: (text: string) => void
}

export interface ConcurrentResult extends WriterResult {
  refreshes: number
  checks: number
}

/** Sessions that write while others refresh, rotate logs and compare; at the end, every view once more. */
export async function runConcurrent(request: ConcurrentRequest): Promise<ConcurrentResult> {
  const { url, targets, seed, durationMs, writers = 8 } = request
  const deadline = Date.now() + durationMs
  const clients: Client[] = []
  const connect = async (): Promise<Client> => {
    const client = new Client(url)
    client.on('error', () => {}) // the query on it tells
    clients.push(client)
    await client.connect()
    return client
  }
  const result = { committed: 0, rolledBack: 0, refused: 0, refreshes: 0, checks: 0 }
  let broken = false
  const stopped = (): boolean => broken || Date.now() > deadline
  const guard = async (work: Promise<unknown>): Promise<void> => {
    await work.catch((error: unknown) => {
      broken = true
      request.onFailure(`seed ${seed}: ${error instanceof Error ? error.message : String(error)}`)
    })
  }
  try {
    const writing = Array.from({ length: writers }, async (_, index) => {
      const written = await write({ client: await connect(), seed: seed * 1000 + index, stopped })
      result.committed += written.committed
      result.rolledBack += written.rolledBack
      result.refused += written.refused
    })
    const refreshing = [0, 1].map(async (index) => {
      await refreshAtRandom(request, new Random(seed * 1000 + 500 + index), await connect(), stopped, result)
    })
    await Promise.all([...writing, ...refreshing].map(guard))
    const client = await connect()
    for (const target of targets) await compareAtEnd(request, client, target, result)
  } finally {
    await Promise.all(clients.map((client) => client.end()))
  }
  return result
}

async function refreshAtRandom(
  request: ConcurrentRequest,
  random: Random,
  client: Client,
  stopped: () => boolean,
  result: ConcurrentResult,
): Promise<void> {
  while (!stopped()) {
    const target = random.pick(request.targets)
    const name = target.name.replaceAll("'", "''")
    const roll = random.next()
    result.refreshes++
    if (roll < 0.2) await refreshView(request.pool, target.name, { full: random.chance(0.1) })
    else if (roll < 0.35) await labelled(client, `SELECT mode FROM tidemark.refresh('${name}')`)
    else if (roll < 0.4) await tick(client)
    else if (roll < 0.5) await labelled(client, 'CALL tidemark.maintain(0)')
    else await compare(request, client, target, random.pick(['own', 'slices', 'batch', 'full']), result)
    await sleep(random.int(0, 5))
  }
}

async function labelled(client: Client, text: string): Promise<void> {
  await client.query(text).catch((error: unknown) => {
    throw new Error(`${text}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  })
}

/** Two ticks at a time, or a tick and a refresh of the same view, may refuse one another. */
async function tick(client: Client): Promise<void> {
  await client.query('CALL tidemark.tick()').catch(async (error: unknown) => {
    await client.query('ROLLBACK')
    if (!(error instanceof Error && 'code' in error && error.code === '40001')) throw error
  })
}

/** In one REPEATABLE READ transaction: a refresh, and the test's own comparison. False when another one held the view. */
async function compare(
  request: ConcurrentRequest,
  client: Client,
  target: Target,
  mode: Mode,
  result: ConcurrentResult,
): Promise<boolean> {
  // Of several rows, in no order: it may collide with a refresh of the same views, and is not what is tested.
  if (mode !== 'own') await client.query(chooseMode(target, mode)).catch(() => {})
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ')
  try {
    const answer: unknown = await client.query(refreshAndCompare(target).join('; '))
    const { mode: taken, failure } = outcome(answer as QueryResult[], 0)
    if (failure !== undefined) {
      // A writer's TRUNCATE may wait for what the refresh holds, and hold what it waits for.
      if (/deadlock detected/.test(failure)) return false
      await client.query('COMMIT')
      if (await wasTruncated(client, target)) return false
      request.onFailure(`seed ${request.seed}, ${target.name}, ${mode}: ${failure}`)
    }
    result.checks++
    return taken !== 'skipped'
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === '40P01')) throw error
    return false
  } finally {
    await client.query('COMMIT')
  }
}

/**
 * TRUNCATE is the one write that older snapshots see: the table is empty for them, before its marker is there for
 * them. So the comparison means nothing when a marker has come that the view's cursor did not see.
 */
async function wasTruncated(client: Client, target: Target): Promise<boolean> {
  const logs = await client.query<{ marked: string }>(
    `SELECT DISTINCT format('SELECT FROM tidemark_log.%I l WHERE l.tidemark_sign IS NULL AND EXISTS (SELECT FROM tidemark.state s
       WHERE s.view_id = %s AND NOT pg_visible_in_snapshot(l.tidemark_xid, s.cursor))', s.log_name, vs.view_id) AS marked
     FROM tidemark.source s JOIN tidemark.view_source vs ON vs.source_id = s.id WHERE vs.view_id = ANY ($1)`,
    [target.ids],
  )
  const found = await client.query<{ yes: boolean }>(
    `SELECT ${logs.rows.map(({ marked }) => `EXISTS (${marked})`).join(' OR ')} AS yes`,
  )
  return found.rows[0]?.yes ?? false
}

async function compareAtEnd(
  request: ConcurrentRequest,
  client: Client,
  target: Target,
  result: ConcurrentResult,
): Promise<void> {
  const { missing, unexpected } = await verifyView(request.pool, target.name)
  if (missing + unexpected > 0) {
    request.onFailure(`seed ${request.seed}, ${target.name}: verify found ${missing} missing, ${unexpected} unexpected`)
  }
  if (!(await compare(request, client, target, 'own', result))) {
    request.onFailure(`seed ${request.seed}, ${target.name}: not refreshed at the end`)
  }
}
