import { type Fragment, ident, literal, sql, trusted } from '../compiler/fragment.js'
import type { NormalisedView } from '../define/types.js'
import { type Connection, one, rows } from '../engine/database.js'
import { serverError } from '../engine/databaseError.js'
import { TidemarkError } from '../protocol/errors.js'
import { readDependents } from './dependents.js'
import { retiredName } from './names.js'
import { readViewProperties } from './properties.js'
import { readingQuery } from './reading.js'
import type { ViewTarget } from './target.js'

/**
 * Points the public view at a storage table. In place where its columns allow; else a new view takes its name, and what
 * depends on it is pointed at the new one. No reader sees it missing: all happens in one transaction.
 * @throws TidemarkError DEPENDENT_BLOCKS.
 */
export async function pointPublicView(connection: Connection, target: ViewTarget, storage: string): Promise<void> {
  const { view } = target
  const name = ident(view.schema, view.name)
  const bypassed = await isBypassed(connection, view)
  const select = bypassed ? trusted(target.live) : readingQuery(target.columns, storage, target.kept)
  // CREATE OR REPLACE VIEW forgets options that are not said again, such as security_invoker.
  const options = (await readViewProperties(connection, view, []))?.options ?? ''
  await connection.query('SAVEPOINT tidemark_view')
  try {
    await connection.query(sql`CREATE OR REPLACE VIEW ${name}${trusted(options)} AS ${select}`.text)
    await connection.query('RELEASE SAVEPOINT tidemark_view')
  } catch (error) {
    await connection.query('ROLLBACK TO SAVEPOINT tidemark_view')
    if (serverError(error).code !== '42P16') throw error
    await replaceView(connection, target, select)
  }
  await describeView(connection, view)
}

/** Held until the end, so that nobody turns it on or off meanwhile. */
async function isBypassed(connection: Connection, { schema, name }: NormalisedView): Promise<boolean> {
  const found = await rows(
    connection,
    'SELECT FROM tidemark.view WHERE schema_name = $1 AND view_name = $2 AND bypassed AND replaces IS NULL FOR UPDATE',
    [schema, name],
  )
  return found.length > 0
}

export async function describeView(connection: Connection, view: NormalisedView): Promise<void> {
  if (view.description === null) return
  const kind = view.storage === 'matview' ? sql`MATERIALIZED VIEW` : sql`VIEW`
  await connection.query(sql`COMMENT ON ${kind} ${ident(view.schema, view.name)} IS ${literal(view.description)}`.text)
}

/** Columns were removed, renamed or have another type, which CREATE OR REPLACE VIEW does not do. */
async function replaceView(connection: Connection, target: ViewTarget, select: Fragment): Promise<void> {
  const { view } = target
  const name = ident(view.schema, view.name)
  const old = retiredName(view.name)
  const dependents = await readDependents(connection, view.schema, view.name)
  const blocking = dependents.find((dependent) => dependent.definition === null)
  if (blocking !== undefined) throw blocked(target, blocking.name, `a ${blocking.kind}`)
  const foreign = dependents.find((dependent) => !dependent.owned)
  if (foreign !== undefined) throw blocked(target, foreign.name, `a view of ${foreign.owner}, whose rights are needed`)
  const properties = (await readViewProperties(connection, view, target.columns)) ?? { options: '', statements: [] }
  await lockInOneGo(connection, [...dependents.map((dependent) => dependent.name), name.text])
  await connection.query(sql`ALTER VIEW ${name} RENAME TO ${ident(old)}`.text)
  await connection.query(sql`CREATE VIEW ${name}${trusted(properties.options)} AS ${select}`.text)
  for (const dependent of dependents) await rewrite(connection, target, dependent)
  await connection.query(sql`DROP VIEW ${ident(view.schema, old)}`.text)
  for (const statement of properties.statements) await connection.query(statement)
}

/**
 * Locks views so that no reader sees them, those first that read the others, as readers do. A reader of two of them may
 * hold one and wait for another: the less time between these locks, the rarer it is that it stands in their way, so they
 * are asked for in one round trip. LOCK TABLE would take what the views read with them; an owner that stays does not.
 */
async function lockInOneGo(connection: Connection, names: readonly string[]): Promise<void> {
  const { locks } = await one<{ locks: string }>(
    connection,
    `SELECT string_agg(format('ALTER VIEW %s OWNER TO %I', v.name, pg_get_userbyid(c.relowner)), '; ' ORDER BY v.at) AS locks
     FROM unnest($1::text[]) WITH ORDINALITY v (name, at) JOIN pg_class c ON c.oid = v.name::regclass`,
    [names],
  )
  await connection.query(locks)
}

async function rewrite(
  connection: Connection,
  target: ViewTarget,
  { name, definition }: { readonly name: string; readonly definition: string | null },
): Promise<void> {
  try {
    await connection.query(sql`CREATE OR REPLACE VIEW ${trusted(name)}${trusted(definition ?? '')}`.text)
  } catch (error) {
    const { code, message } = serverError(error)
    if (code === '55P03' || code === '40P01') throw error
    throw blocked(target, name, message)
  }
}

function blocked(target: ViewTarget, dependent: string, why: string): TidemarkError {
  return new TidemarkError(
    'DEPENDENT_BLOCKS',
    `${target.name} cannot change its columns: ${dependent} depends on it (${why}).`,
    { hint: `Change or drop ${dependent} first, then apply again. Nothing was changed.`, view: target.name },
  )
}
