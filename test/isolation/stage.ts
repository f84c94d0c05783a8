import type { Client } from 'pg'
import { normaliseConfig } from '../../src/define/normalise-config.js'
import { view } from '../../src/define/view.js'
import { applyDeployment } from '../../src/deploy/index.js'
import type { TestDatabase } from '../kit/index.js'
import { interleavings } from './interleavings.js'

const groups = 'SELECT g, count(*) AS n, sum(v) AS v FROM t GROUP BY g'

/** A view over a table, one over that view, and one over both. */
const views = [
  { name: 'groups', query: groups, oracle: groups },
  {
    name: 'sizes',
    query: 'SELECT n, count(*) AS groups, sum(v) AS v FROM groups GROUP BY n',
    oracle: `SELECT n, count(*) AS groups, sum(v) AS v FROM (${groups}) g GROUP BY n`,
  },
  {
    name: 'both',
    query: 'SELECT t.g, max(groups.n) AS n, count(*) AS rows FROM t LEFT JOIN groups ON groups.g = t.g GROUP BY t.g',
    oracle: `SELECT t.g, max(s.n) AS n, count(*) AS rows FROM t LEFT JOIN (${groups}) s ON s.g = t.g GROUP BY t.g`,
  },
] as const

export const stageViews = views.map(({ name, query }) => view(name, { query, freshness: 1 }))

export async function prepareStage(db: TestDatabase): Promise<void> {
  await db.query('CREATE TABLE t (id integer PRIMARY KEY, g integer, v integer NOT NULL)')
  await applyDeployment(db.pool, normaliseConfig({ views: stageViews }).views)
}

/** A step is SQL. `compare` adds that the view equals its query at the snapshot of the session's transaction. */
export type Step = string | { readonly sql: string; readonly compare: string }

export interface Play {
  readonly count: number
  readonly failures: readonly string[]
}

/** Plays every interleaving of the sessions' steps; after each, all views must equal their queries. */
export async function playAll(db: TestDatabase, sessions: readonly (readonly Step[])[]): Promise<Play> {
  const clients = await Promise.all(sessions.map(() => db.connect()))
  const judge = await db.connect()
  // Nothing here is meant to wait for another session.
  for (const client of clients) await client.query("SET lock_timeout = '3s'")
  const failures: string[] = []
  let count = 0
  for (const order of chosen(sessions)) {
    count++
    const failure = await play(order, sessions, clients, judge)
    if (failure !== undefined) failures.push(`${order.join('')}: ${failure}`)
  }
  await Promise.all([...clients, judge].map((client) => client.end()))
  return { count, failures }
}

/** All orders of two sessions. Of more there are many: every so-many-th then, or all with TIDEMARK_TEST_ALL. */
function chosen(sessions: readonly (readonly Step[])[]): number[][] {
  const all = [...interleavings(sessions.map((steps) => steps.length))]
  const stride = sessions.length <= 2 || process.env.TIDEMARK_TEST_ALL ? 1 : Math.ceil(all.length / 24)
  return all.filter((_, index) => index % stride === 0)
}

async function play(
  order: readonly number[],
  sessions: readonly (readonly Step[])[],
  clients: readonly Client[],
  judge: Client,
): Promise<string | undefined> {
  await reset(judge)
  const next = sessions.map(() => 0)
  const refused = new Set<number>()
  const problems: string[] = []
  for (const session of order) {
    const step = sessions[session]?.[next[session] ?? 0]
    const client = clients[session]
    next[session] = (next[session] ?? 0) + 1
    if (step === undefined || client === undefined || refused.has(session)) continue
    try {
      const problem = await take(client, step)
      if (problem !== undefined) problems.push(`session ${session}, step ${next[session]}: ${problem}`)
    } catch (error) {
      await client.query('ROLLBACK')
      refused.add(session)
      if (!isSerializationFailure(error)) problems.push(`session ${session}, step ${next[session]}: ${String(error)}`)
    }
  }
  const problem = await compareAtEnd(judge)
  if (problem !== undefined) problems.push(`at the end, ${problem}`)
  return problems.length === 0 ? undefined : problems.join('; ')
}

async function reset(judge: Client): Promise<void> {
  await judge.query('DELETE FROM t; INSERT INTO t SELECT i, i % 3, i FROM generate_series(1, 6) i')
  await judge.query(`BEGIN ISOLATION LEVEL REPEATABLE READ; ${refresh('sizes')}; ${refresh('both')}; COMMIT`)
}

async function take(client: Client, step: Step): Promise<string | undefined> {
  const text = typeof step === 'string' ? step : step.sql
  const answer: unknown = await client.query(text)
  const last = (Array.isArray(answer) ? answer.at(-1) : answer) as { rows: { mode?: string; error?: unknown }[] }
  const { mode, error } = last.rows[0] ?? {}
  if (mode === 'failed') return JSON.stringify(error)
  if (typeof step === 'string' || mode === 'skipped') return undefined
  return compare(client, step.compare)
}

async function compare(client: Client, name: string): Promise<string | undefined> {
  const oracle = views.find((known) => known.name === name)?.oracle ?? ''
  const { rows } = await client.query<{ missing: number; unexpected: number }>(
    `SELECT (SELECT count(*)::int FROM (${oracle} EXCEPT ALL SELECT * FROM "${name}") q) AS missing,
       (SELECT count(*)::int FROM (SELECT * FROM "${name}" EXCEPT ALL (${oracle})) q) AS unexpected`,
  )
  const [row] = rows
  if (row !== undefined && row.missing + row.unexpected === 0) return undefined
  return `${name} has ${row?.missing} missing, ${row?.unexpected} unexpected`
}

async function compareAtEnd(judge: Client): Promise<string | undefined> {
  await judge.query('BEGIN ISOLATION LEVEL REPEATABLE READ')
  try {
    for (const name of ['sizes', 'both']) {
      const { rows } = await judge.query<{ mode: string }>(refresh(name))
      if (!/incremental|full|noop/.test(rows[0]?.mode ?? '')) return `${name} was ${rows[0]?.mode}`
    }
    const problems: string[] = []
    for (const { name } of views) problems.push((await compare(judge, name)) ?? '')
    return problems.filter((problem) => problem !== '').join(', ') || undefined
  } finally {
    await judge.query('COMMIT')
  }
}

function isSerializationFailure(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '40001'
}

export const refresh = (name: string): string => `SELECT mode, error FROM tidemark.refresh('${name}')`

/** To be taken inside a REPEATABLE READ transaction. */
export const refreshAndCompare = (name: string): Step => ({ sql: refresh(name), compare: name })
