import { ident, sql, trusted } from '../compiler/fragment.js'
import { type Connection, type Database, one, transaction } from '../engine/database.js'
import { writtenBack } from '../engine/facts/canonical.js'
import { TidemarkError } from '../protocol/errors.js'
import { type Built, createKey, pinSettings } from './build.js'
import { insertView, launch, promote } from './catalog.js'
import type { ViewStep } from './changes.js'
import { computing } from './computing.js'
import type { DeployedRows } from './deployView.js'
import { createIndex } from './indexes.js'
import { withBriefLock } from './locks.js'
import { fitName, userIndexNames } from './names.js'
import type { ReportProgress } from './progress.js'
import { describeView } from './publicView.js'

/**
 * Deploys a view as a native materialized view: makes it with its unique index, or adopts one that is there. Changing
 * its definition, or between kinds of storage, means dropping it first.
 */
export async function deployMatview(database: Database, step: ViewStep, report: ReportProgress): Promise<DeployedRows> {
  const { target, deployed } = step
  report({ view: target.name, phase: 'building', elapsedMs: 0 })
  const started = performance.now()
  const built = await transaction(database, async (connection) => {
    await pinSettings(connection, target.view.timeZone)
    if (step.work === 'adopt') await checkAdopted(connection, step)
    else await createMatview(connection, step)
    const result: Built = {
      rows: await countRows(connection, step),
      buildMs: performance.now() - started,
      indexes: [],
      sliceTotals: [],
    }
    const id = await insertView(connection, target, result, deployed?.id ?? null)
    if (deployed === undefined) await launch(connection, target, id)
    else await promote(connection, target, id, deployed.id)
    // Nobody knows how old the rows are that were there before: the first refresh will tell.
    const asOf = step.work === 'adopt' ? 'NULL' : 'as_of'
    await connection.query(`UPDATE tidemark.state SET cursor = NULL, as_of = ${asOf} WHERE view_id = $1`, [
      deployed?.id ?? id,
    ])
    await describeView(connection, target.view)
    return result
  })
  report({ view: target.name, phase: 'done', rows: built.rows, elapsedMs: performance.now() - started })
  return { view: target.name, rows: built.rows, buildMs: built.buildMs }
}

async function countRows(connection: Connection, { target }: ViewStep): Promise<number> {
  const { schema, name } = target.view
  const { populated } = await one<{ populated: boolean }>(
    connection,
    'SELECT relispopulated AS populated FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $2',
    [schema, name],
  )
  if (!populated) return 0
  const { rows } = await one<{ rows: string }>(
    connection,
    sql`SELECT pg_catalog.count(*) AS rows FROM ${ident(schema, name)}`.text,
  )
  return Number(rows)
}

/** What is adopted must be what is configured, or all that is said of it is wrong. */
async function checkAdopted(connection: Connection, { target }: ViewStep): Promise<void> {
  const { schema, name } = target.view
  // Read anew, and not as it was compiled: what the query reads may have been deployed only since then.
  await connection.query('SET LOCAL search_path TO DEFAULT')
  const configured = await writtenBack(connection, target.view.query)
  await connection.query("SET LOCAL search_path = ''")
  const { definition } = await one<{ definition: string }>(
    connection,
    'SELECT pg_get_viewdef(c.oid) AS definition FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $2',
    [schema, name],
  )
  if (definition.replace(/;\s*$/, '').trim() !== configured.trim()) {
    throw new TidemarkError(
      'NAME_TAKEN',
      `The materialized view ${target.name} has another query than the configuration.`,
      {
        hint: `Configure the query that it has (pg_get_viewdef('${target.name}')), or give the view another name.`,
        view: target.name,
      },
    )
  }
  const { owned } = await one<{ owned: boolean }>(
    connection,
    "SELECT pg_has_role(c.relowner, 'USAGE') AS owned FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $2",
    [schema, name],
  )
  if (!owned) {
    throw new TidemarkError('PRIVILEGE_MISSING', `Only its owner can refresh the materialized view ${target.name}.`, {
      hint: `Run apply as its owner, or ALTER MATERIALIZED VIEW … OWNER TO the role that does.`,
      view: target.name,
    })
  }
}

async function createMatview(connection: Connection, { target }: ViewStep): Promise<void> {
  const { view, compiled } = target
  const name = ident(view.schema, view.name)
  const canonical = trusted(target.facts.canonical)
  await withBriefLock(connection, async () => {
    await computing(target, () => connection.query(sql`CREATE MATERIALIZED VIEW ${name} AS ${canonical}`.text))
  })
  if (compiled.plan.key.length > 0) await createKey(connection, target, name, fitName(view.name, '_key'))
  for (const definition of view.indexes) {
    const index = userIndexNames(target.storage, definition).final
    await createIndex(connection, definition, { view: target.name, table: name, name: index })
  }
}

export function cannotChangeNative(name: string): TidemarkError {
  return new TidemarkError(
    'DEPENDENT_BLOCKS',
    `${name} cannot be swapped: a native materialized view keeps its definition and its kind of storage.`,
    {
      hint: `Run: tidemark drop ${name}, drop what is left of it, and apply again; or keep it as storage: 'table' under a new name, which swaps without a gap.`,
      view: name,
    },
  )
}
