import { fileURLToPath } from 'node:url'
import type { Pool } from 'pg'
import { loadArena } from '../../examples/arena/data.js'
import { arenaQueries } from '../../examples/arena/queries.js'
import { loadConfig } from '../../src/define/load-config.js'
import type { NormalisedView } from '../../src/define/types.js'
import { applyDeployment } from '../../src/deploy/index.js'
import { createPeer, peerSchema, peerSettings } from './peers.js'
import { withClient } from './session.js'

const configFile = fileURLToPath(new URL('../../examples/arena/tidemark.config.ts', import.meta.url))

export async function arenaViews(): Promise<readonly NormalisedView[]> {
  return (await loadConfig(configFile)).views
}

/** The competition application's tables, filled. */
export async function fillArena(pool: Pool, submissions: number, say: (text: string) => void): Promise<void> {
  await withClient(pool, async (client) => {
    say(`loading ${submissions.toLocaleString('en')} submissions`)
    await loadArena(client, { submissions })
  })
}

/** Its views, kept by Tidemark. */
export async function deployArena(pool: Pool, say: (text: string) => void): Promise<readonly NormalisedView[]> {
  const views = await arenaViews()
  const { views: built } = await applyDeployment(pool, views)
  for (const { view, rows, buildMs } of built) {
    say(`${view}: ${rows.toLocaleString('en')} rows built in ${Math.round(buildMs)} ms`)
  }
  return views
}

/**
 * The same queries as native materialized views, with the same key, in a schema of their own. Where one reads another,
 * it reads its native sibling.
 */
export async function makePeers(pool: Pool, say: (text: string) => void): Promise<readonly string[]> {
  const queries = await arenaQueries()
  await withClient(pool, async (client) => {
    await client.query(`create schema ${peerSchema}; set search_path = ${peerSchema}, public; ${peerSettings}`)
    for (const { name, sql } of queries) {
      say(`${name}: building its native sibling`)
      const { rows } = await client.query<{ key: string[] }>(
        'select key_columns as key from tidemark.view where view_name = $1',
        [name],
      )
      await createPeer(client, name, sql, rows[0]?.key ?? [])
    }
    await client.query('reset all')
  })
  return queries.map(({ name }) => name)
}
