import type { Client } from 'pg'
import { identifier } from '../../oracle/library.js'

/**
 * Whether a query gives the same rows when its tables hold theirs in another order, and when it is planned otherwise.
 * One that does not is no view that could be kept, and what was made of it says nothing. Leaves nothing behind.
 */
export async function isDeterministic(client: Client, name: string, columns: string): Promise<boolean> {
  const rows = `SELECT ${columns} FROM oracle.${identifier(name)}`
  try {
    await client.query(`BEGIN; CREATE TEMP TABLE rows_before ON COMMIT DROP AS ${rows}`)
    for (const setting of plannings) {
      await client.query(setting)
      if (await differs(client, rows)) return false
    }
    await client.query(`RESET enable_hashjoin; RESET enable_mergejoin; RESET enable_hashagg; RESET enable_seqscan`)
    await client.query('SET LOCAL session_replication_role = replica')
    for (const order of ['ctid DESC', 'md5(t::text)']) {
      await reorder(client, order)
      if (await differs(client, rows)) return false
    }
    return true
  } catch (error) {
    // Rows that a transaction still holds cannot be moved. What is known by then has to do.
    if (error instanceof Error && 'code' in error && error.code === '55P03') return true
    throw error
  } finally {
    await client.query('ROLLBACK')
  }
}

const plannings = [
  'SET LOCAL enable_hashagg = off',
  'SET LOCAL enable_hashjoin = off',
  'SET LOCAL enable_mergejoin = off; SET LOCAL enable_hashagg = on',
  'SET LOCAL enable_seqscan = off; SET LOCAL enable_nestloop = off; SET LOCAL enable_mergejoin = on',
]

async function differs(client: Client, rows: string): Promise<boolean> {
  const before = 'SELECT * FROM rows_before'
  const found = await client.query<{ yes: boolean }>(
    `SELECT EXISTS (${before} EXCEPT ALL (${rows})) OR EXISTS ((${rows}) EXCEPT ALL ${before}) AS yes`,
  )
  return found.rows[0]?.yes ?? false
}

/** Writes every table anew, its rows in another order. */
async function reorder(client: Client, order: string): Promise<void> {
  const tables = await client.query<{ name: string; columns: string }>(
    `SELECT c.oid::regclass::text AS name, string_agg(quote_ident(a.attname), ', ' ORDER BY attnum) AS columns
     FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
     WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace GROUP BY c.oid`,
  )
  for (const { name, columns } of tables.rows) {
    await client.query(`CREATE TEMP TABLE reordered ON COMMIT DROP AS SELECT ${columns} FROM ONLY ${name} t ORDER BY ${order};
      DELETE FROM ONLY ${name}; INSERT INTO ${name} (${columns}) SELECT * FROM reordered; DROP TABLE reordered`)
  }
}
