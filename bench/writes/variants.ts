import type { Pool } from 'pg'
import { applyDeployment } from '../../src/deploy/index.js'
import { refreshView } from '../../src/engine/refresh.js'
import type { Bench } from '../kit/bench.js'
import type { BenchDatabase } from '../kit/databases.js'
import { totalsQuery, viewsOver } from './views.js'

/** One way to follow the writes to a table, in a database of its own with the same rows. */
export interface Variant {
  /** A peer's name, or `N views`. */
  readonly name: string
  /** Undefined: a peer. */
  readonly views?: number
  readonly database: BenchDatabase
  /** Makes the tables, and what follows them, as they were before the last load: no round pays for another. */
  settle(): Promise<void>
}

export const noTrigger = 'no trigger'
export const notifying = 'notifying trigger'
export const ivm = 'pg_ivm'

/** Copies the filled database, and sets up each variant in its copy. */
export async function makeVariants(bench: Bench, filled: BenchDatabase, counts: readonly number[]): Promise<Variant[]> {
  const variants: Variant[] = [await peer(bench, filled, noTrigger, async () => {})]
  for (const count of counts) variants.push(await tidemark(bench, filled, count))
  variants.push(await peer(bench, filled, notifying, (pool) => pool.query(notifyingTrigger)))
  if (await hasIvm(filled.pool)) variants.push(await peer(bench, filled, ivm, makeImmv))
  else bench.say('no pg_ivm on this server: it is left out (docs/benchmarks.md)')
  return variants
}

async function peer(
  { server, say }: Bench,
  filled: BenchDatabase,
  name: string,
  prepare: (pool: Pool) => Promise<unknown>,
): Promise<Variant> {
  say(`preparing: ${name}`)
  const database = await server.createDatabase(filled)
  await prepare(database.pool)
  return { name, database, settle: () => vacuum(database.pool) }
}

async function tidemark({ server, say }: Bench, filled: BenchDatabase, count: number): Promise<Variant> {
  const name = `${count} ${count === 1 ? 'view' : 'views'}`
  say(`preparing: ${name}`)
  const database = await server.createDatabase(filled)
  const views = await viewsOver(count)
  await applyDeployment(database.pool, views)
  const settle = async () => {
    for (const view of views) await refreshView(database.pool, view.name)
    // Twice: the log that was written to becomes the resting one, and is emptied.
    if (count > 0) for (let turn = 0; turn < 2; turn++) await database.pool.query('call tidemark.maintain(0)')
    await vacuum(database.pool)
  }
  return { name, views: count, database, settle }
}

/** What updates leave behind; inserted rows stay, as they do on a platform. */
async function vacuum(pool: Pool): Promise<void> {
  await pool.query('vacuum submissions')
}

/** What people write who want to be told of changes. */
const notifyingTrigger = `
  create function notify_change() returns trigger language plpgsql as $$
  begin
    perform pg_notify('changes', new.id::text);
    return null;
  end $$;
  create trigger notify_change after insert or update on submissions
    for each row execute function notify_change();`

async function hasIvm(pool: Pool): Promise<boolean> {
  const { rows } = await pool.query("select from pg_available_extensions where name = 'pg_ivm'")
  return rows.length > 0
}

async function makeImmv(pool: Pool): Promise<void> {
  await pool.query('create extension pg_ivm')
  const { rows } = await pool.query<{ name: string }>(
    "select oid::regproc::text as name from pg_proc where proname = 'create_immv'",
  )
  await pool.query(`select ${rows[0]?.name}('agent_totals', $1)`, [totalsQuery])
}
