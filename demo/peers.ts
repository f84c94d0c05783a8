import type { Pool, PoolClient } from 'pg'
import { timed } from '../bench/kit/stats.js'
import { arenaQueries } from '../examples/arena/queries.js'
import type { ReportStep } from './steps.js'

/** Native materialized views of the same queries, only to see what refreshing them costs. */
const schema = 'native'

/** A refresh may use as much memory as Tidemark's does. */
const session = `set search_path = ${schema}, public; set work_mem = '64MB'; set jit = off`

interface KeyedView {
  readonly view: string
  readonly key: readonly string[]
}

export async function fillPeers(pool: Pool, views: readonly KeyedView[]): Promise<void> {
  const queries = await arenaQueries()
  await withSession(pool, async (client) => {
    await client.query(`create schema ${schema}`)
    for (const { name, sql } of queries) {
      const key = views.find(({ view }) => view === name)?.key ?? []
      await client.query(`create materialized view ${name} as ${sql}`)
      await client.query(`create unique index on ${name} (${key.join(', ')})`)
    }
  })
}

/**
 * Milliseconds of one REFRESH MATERIALIZED VIEW CONCURRENTLY for each, with nothing changed, which is when it costs
 * least. They are dropped in the end: nobody is to write under their weight.
 */
export async function measurePeers(
  pool: Pool,
  views: readonly string[],
  report: ReportStep,
): Promise<ReadonlyMap<string, number>> {
  return await withSession(pool, async (client) => {
    const measured = new Map<string, number>()
    for (const view of views) {
      report(measured.size / views.length, view)
      measured.set(view, await timed(() => client.query(`refresh materialized view concurrently ${view}`)))
    }
    await client.query(`drop schema ${schema} cascade`)
    return measured
  })
}

async function withSession<Value>(pool: Pool, use: (client: PoolClient) => Promise<Value>): Promise<Value> {
  const client = await pool.connect()
  try {
    await client.query(`${session}; set client_min_messages = warning`)
    return await use(client)
  } finally {
    // Its settings go with it.
    client.release(true)
  }
}
