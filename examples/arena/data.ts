import { readFile } from 'node:fs/promises'
import type { ClientBase } from 'pg'

export interface ArenaOptions {
  /** From a thousand to some millions; agents and challenges follow. */
  readonly submissions: number
  /** The same seed and size give the same rows, ids included. Default 1. */
  readonly seed?: number
  /** The end of the twenty weeks that the history covers. Default: a fixed Monday, so that runs compare. */
  readonly endsAt?: Date
  readonly onProgress?: (progress: ArenaProgress) => void
}

export interface ArenaProgress {
  readonly step: 'tables' | 'submissions' | 'keys' | 'analyze' | 'done'
  /** Submissions loaded so far. */
  readonly loaded: number
  readonly total: number
}

export interface ArenaSize {
  readonly agents: number
  readonly challenges: number
  readonly submissions: number
}

const weeks = 20
const defaultEnd = new Date('2025-06-02T00:00:00Z')
/** Bouts are made within a batch: another size would give other bouts. */
const batchSize = 100_000
const maxSubmissions = 50_000_000

/** Exponents of the two skews, as they stand in load/submissions.sql. */
const agentSkew = 2.5
const challengeSkew = 2

/**
 * The number of agents and challenges grows with the submissions, so that all but the hottest slices keep their size
 * as the table grows: about 50 submissions to an agent, 500 to a challenge, 3 to an agent in a challenge.
 */
export function arenaSize(submissions: number): ArenaSize {
  return {
    agents: Math.max(50, Math.round(submissions / 50)),
    challenges: Math.max(80, Math.round(submissions / 500)),
    submissions,
  }
}

/** Makes the empty tables with their keys, in the first schema of the search path. */
export async function createArena(client: ClientBase): Promise<void> {
  await client.query(await sqlFile('schema.sql'))
  await client.query(await sqlFile('keys.sql'))
}

/**
 * Makes the tables and fills them. The client must be one connection, outside a transaction (the load ends with VACUUM),
 * in a database where the tables do not exist yet.
 */
export async function loadArena(client: ClientBase, options: ArenaOptions): Promise<ArenaSize> {
  const { submissions, seed = 1, endsAt = defaultEnd, onProgress = () => {} } = options
  if (!Number.isSafeInteger(submissions) || submissions < 1 || submissions > maxSubmissions) {
    throw new RangeError(`submissions must be a whole number from 1 to ${maxSubmissions}, not ${submissions}`)
  }
  if (!Number.isSafeInteger(seed)) throw new RangeError(`seed must be a whole number, not ${seed}`)
  const size = arenaSize(submissions)
  const report = (step: ArenaProgress['step'], loaded: number) => onProgress({ step, loaded, total: submissions })

  await client.query(loadSettings)
  try {
    report('tables', 0)
    await client.query(await sqlFile('schema.sql'))
    await client.query(await sqlFile('load/functions.sql'))
    await fillTables(client, size, seed, endsAt, (loaded) => report('submissions', loaded))
    report('keys', submissions)
    await client.query(await sqlFile('keys.sql'))
    report('analyze', submissions)
    // VACUUM too: hint bits and the visibility map are set now, not by the first benchmark that reads the table.
    await client.query('vacuum (analyze) agents, challenges, bouts, submissions, bout_results, judge_outputs')
    report('done', submissions)
  } finally {
    await client.query(resetSettings)
  }
  return size
}

async function fillTables(
  client: ClientBase,
  size: ArenaSize,
  seed: number,
  endsAt: Date,
  onBatch: (loaded: number) => void,
): Promise<void> {
  const { agents, challenges, submissions } = size
  const startsAt = new Date(endsAt.getTime() - weeks * 7 * 24 * 3600 * 1000)
  await client.query(await sqlFile('load/agents.sql'), [seed, agents, startsAt])
  await client.query(await sqlFile('load/challenges.sql'), [seed, challenges, startsAt])
  await client.query('analyze challenges')

  const agentFloor = headFloor(agents, agentSkew, Math.max(0.002, 3 / agents))
  const challengeFloor = headFloor(challenges, challengeSkew, Math.max(0.022, 1.5 / challenges))
  const insertBatch = await sqlFile('load/submissions.sql')
  for (let loaded = 0; loaded < submissions; ) {
    const last = Math.min(loaded + batchSize, submissions)
    await client.query(insertBatch, [
      seed,
      loaded + 1,
      last,
      submissions,
      agents,
      challenges,
      agentFloor,
      challengeFloor,
      startsAt,
      endsAt,
    ])
    loaded = last
    onBatch(loaded)
  }
  await client.query(await sqlFile('load/judge_outputs.sql'), [seed, Math.min(20_000, Math.ceil(submissions / 20))])
}

/** Without JIT: it compiles for seconds what then runs for seconds. The rest keeps sorts and index builds in memory. */
const loadSettings = `
  set jit = off; set work_mem = '256MB'; set maintenance_work_mem = '512MB'; set synchronous_commit = off;
  set client_min_messages = warning`
const resetSettings = `
  reset jit; reset work_mem; reset maintenance_work_mem; reset synchronous_commit; reset client_min_messages`

/**
 * The floor that makes rank 0 of `count` take `share` of all draws (or less, where the plain power law gives it less).
 * Ranks are drawn as ~ (floor + u (1 - floor))^exponent: floor 0 is the power law, floor 1 an even spread.
 */
export function headFloor(count: number, exponent: number, share: number): number {
  let low = 0
  let high = 1 - 1e-9
  for (let step = 0; step < 60; step++) {
    const floor = (low + high) / 2
    const first = floor ** exponent
    const headShare = ((first + (1 - first) / count) ** (1 / exponent) - floor) / (1 - floor)
    if (headShare > share) low = floor
    else high = floor
  }
  return high
}

function sqlFile(name: string): Promise<string> {
  return readFile(new URL(name, import.meta.url), 'utf8')
}
