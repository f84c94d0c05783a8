import type { Client, Pool } from 'pg'
import { normaliseConfig } from '../../src/define/normalise-config.js'
import type { NormalisedView } from '../../src/define/types.js'
import { view } from '../../src/define/view.js'
import { applyDeployment } from '../../src/deploy/index.js'
import { schemaSql } from './schema.js'
import { shapes as allShapes, type Shape } from './shapes/index.js'

/** The views as a configuration would hold them, due as soon as anything changes. */
export function normalised(shapes: readonly Shape[]): NormalisedView[] {
  const views = shapes.map(({ name, query, key, timeZone }) =>
    view(name, { query, freshness: 1, ...(key && { key }), ...(timeZone && { timeZone }) }),
  )
  return normaliseConfig({ views }).views
}

/** Tables, views, and for each view an ordinary one in `oracle` of the same query over the tables alone. */
export async function deployLibrary(
  pool: Pool,
  shapes: readonly Shape[] = allShapes,
  tablesSql: string = schemaSql,
): Promise<void> {
  await pool.query(tablesSql)
  const client = await pool.connect()
  try {
    await createOracle(client, shapes)
  } finally {
    client.release()
  }
  await applyDeployment(pool, normalised(shapes))
}

async function createOracle(client: Pick<Client, 'query'>, shapes: readonly Shape[]): Promise<void> {
  await client.query('BEGIN; CREATE SCHEMA oracle; SET LOCAL search_path = oracle, public')
  for (const { name, query } of shapes) await client.query(`CREATE VIEW oracle.${identifier(name)} AS ${query}`)
  await client.query('COMMIT')
}

export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
