import type { PoolClient } from 'pg'
import { timed } from './stats.js'

/** Schema of the native materialized views that are compared with. */
export const peerSchema = 'peer'

export const concurrently = 'REFRESH MATERIALIZED VIEW CONCURRENTLY'
export const plain = 'REFRESH MATERIALIZED VIEW'

export type PeerCommand = typeof concurrently | typeof plain

/** For the session that makes and refreshes peers: as much memory as Tidemark gives its refreshes. */
export const peerSettings = `set work_mem = '64MB'`
export const resetPeerSettings = 'reset work_mem'

/**
 * The same query as a native materialized view, with its key, in the first schema of the search path. CONCURRENTLY wants a unique
 * index on columns: a view of one row, which has no key, is given a constant one.
 */
export async function createPeer(
  client: PoolClient,
  name: string,
  query: string,
  key: readonly string[],
): Promise<void> {
  const made = key.length > 0 ? query : `select 1 as one_row, kept.* from (${query}\n) as kept`
  await client.query(`create materialized view ${name} as ${made}`)
  await client.query(`create unique index on ${name} (${key.length > 0 ? key.join(', ') : 'one_row'})`)
  await client.query(`analyze ${name}`)
}

/** Milliseconds. */
export async function peerRefresh(client: PoolClient, command: PeerCommand, name: string): Promise<number> {
  return await timed(() => client.query(`${command} ${peerSchema}.${name}`))
}
