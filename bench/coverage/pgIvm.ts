import type { Pool, PoolClient } from 'pg'
import { ident } from '../../src/compiler/fragment.js'
import { parseSelect, toSql } from '../../src/compiler/parse/parse.js'
import type { NormalisedView } from '../../src/define/types.js'
import { withClient } from '../kit/session.js'

/** What pg_ivm makes of a view; `unequal`: it took it, and then the view was not what its query says. */
export interface PeerAnswer {
  readonly answer: 'accepted' | 'refused' | 'unequal'
  readonly why?: string
}

/** The installed version, or undefined where the server does not have it. Makes it usable in this database. */
export async function installPgIvm(pool: Pool): Promise<string | undefined> {
  const { rows } = await pool.query<{ version: string }>(
    "select default_version as version from pg_available_extensions where name = 'pg_ivm'",
  )
  if (rows[0] !== undefined) await pool.query('create extension pg_ivm')
  return rows[0]?.version
}

/**
 * Asks pg_ivm to keep the last of the views (over the others, if it reads them), makes the changes, and compares it with
 * its query. All of that is undone. What it refuses, it is asked again in the spelling that anybody would give it: without
 * an ORDER BY of the whole, which means nothing in a view, and with a column in `EXISTS (SELECT FROM …)`.
 */
export async function askPgIvm(
  pool: Pool,
  views: readonly NormalisedView[],
  changes: readonly string[],
): Promise<PeerAnswer> {
  const asked = await askOnce(pool, views, changes)
  if (asked.answer !== 'refused') return asked
  const respelt = views.map((view) => ({ ...view, query: respell(view.query) }))
  const again = await askOnce(pool, respelt, changes)
  return again.answer === 'refused' ? asked : again
}

function respell(query: string): string {
  const { limitCount, limitOffset, distinctClause, sortClause, ...rest } = parseSelect(query)
  const ordered = limitCount !== undefined || limitOffset !== undefined || distinctClause !== undefined
  const select = ordered ? parseSelect(query) : rest
  return toSql(select).replaceAll(/\bSELECT\s+FROM\b/gi, 'SELECT 1 FROM')
}

async function askOnce(pool: Pool, views: readonly NormalisedView[], changes: readonly string[]): Promise<PeerAnswer> {
  return await withClient(pool, async (client) => {
    try {
      await client.query('begin')
      for (const { name, query } of views) await createImmv(client, name, query)
      for (const change of changes) await client.query(change)
      const last = views.at(-1)
      const differs = changes.length > 0 && last !== undefined && (await isDifferent(client, last))
      return { answer: differs ? 'unequal' : 'accepted' }
    } catch (error) {
      return { answer: 'refused', why: reasonOf(error) }
    } finally {
      await client.query('rollback')
    }
  })
}

async function createImmv(client: PoolClient, name: string, query: string): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    "select oid::regproc::text as name from pg_proc where proname = 'create_immv'",
  )
  await client.query(`select ${rows[0]?.name}($1, $2)`, [ident(name).text, query])
}

/** Its own columns are not compared. */
async function isDifferent(client: PoolClient, { name, query }: NormalisedView): Promise<boolean> {
  const { fields } = await client.query(`select * from (${query}\n) q limit 0`)
  const columns = fields.map((field) => ident(field.name).text).join(', ')
  const [kept, wanted] = [`select ${columns} from ${ident(name).text}`, `select ${columns} from (${query}\n) q`]
  const { rows } = await client.query(`(${kept} except all ${wanted}) union all (${wanted} except all ${kept}) limit 1`)
  return rows.length > 0
}

function reasonOf(error: unknown): string {
  const { message, hint } = error as { message: string; hint?: string }
  return hint === undefined ? message : `${message}: ${hint}`
}
