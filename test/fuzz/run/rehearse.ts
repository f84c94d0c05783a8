import type { Pool, PoolClient } from 'pg'
import { identifier } from '../../oracle/library.js'
import type { Case } from '../case.js'

/**
 * Plays the writes of a case in one transaction, before anything is deployed, and undoes them: after how many rounds each
 * of the queries gave other rows than before. One that always gives the same shows little.
 */
export async function rehearse(pool: Pool, { rounds }: Case, names: readonly string[]): Promise<Map<string, number>> {
  const changes = new Map<string, number>()
  const client = await pool.connect()
  try {
    await client.query("BEGIN; SET LOCAL statement_timeout = '5s'")
    const before = new Map<string, string>()
    for (const { steps } of [{ steps: [] }, ...rounds]) {
      for (const { sql } of steps) await tolerantly(client, sql)
      for (const name of names) {
        // What fails fails again, and may take all of its time to do so.
        if (before.get(name) === failed) continue
        const now = await contents(client, name)
        const known = before.get(name)
        if (known !== undefined && known !== now) changes.set(name, (changes.get(name) ?? 0) + 1)
        before.set(name, now)
      }
    }
    return changes
  } finally {
    await client.query('ROLLBACK')
    client.release()
  }
}

const failed = 'fails'

async function tolerantly(client: PoolClient, sql: string): Promise<void> {
  if (/^(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|CALL|SELECT pg_sleep)/.test(sql)) return
  await client.query('SAVEPOINT step')
  await client.query(sql).catch(() => client.query('ROLLBACK TO step'))
}

async function contents(client: PoolClient, name: string): Promise<string> {
  await client.query('SAVEPOINT reading')
  try {
    const found = await client.query<{ hash: string | null }>(
      `SELECT md5(string_agg(q::text, ',' ORDER BY q::text COLLATE "C")) AS hash FROM oracle.${identifier(name)} q`,
    )
    return found.rows[0]?.hash ?? 'empty'
  } catch {
    await client.query('ROLLBACK TO reading')
    return failed
  }
}
