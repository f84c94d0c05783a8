import type { Pool } from 'pg'
import { loadTpch } from '../../examples/tpch/data.js'
import type { NormalisedView } from '../../src/define/types.js'
import { normalised } from '../../test/oracle/library.js'
import { schemaSql as oracleSchema } from '../../test/oracle/schema.js'
import { shapeLists } from '../../test/oracle/shapes/index.js'
import { catalogue } from '../../test/shapes/catalogue/index.js'
import { refused } from '../../test/shapes/catalogue/refused.js'
import { schemaSql as catalogueSchema, startSql, steps } from '../../test/shapes/schema.js'
import { withClient } from '../kit/session.js'
import { tpchViews } from '../tpch/views.js'

/** Views over tables of their own. */
export interface ShapeSet {
  readonly name: string
  readonly constructs: readonly { readonly construct: string; readonly views: readonly NormalisedView[] }[]
  /** Makes the tables in an empty database. */
  prepare(pool: Pool): Promise<void>
  /** Changes of the tables, one after the other. */
  readonly changes: readonly string[]
}

export const catalogueName = 'catalogue'

export async function shapeSets(): Promise<readonly ShapeSet[]> {
  // A key that is wrong says nothing of the query.
  const withoutKey = refused.filter(({ key }) => key === undefined)
  const refusedViews = { construct: 'rows without a key', views: normalised(withoutKey) }
  const constructs = Object.values(catalogue).flatMap((family) =>
    family.map(({ construct, shapes }) => ({ construct, views: normalised(shapes) })),
  )
  return [
    {
      name: catalogueName,
      constructs: [...constructs, refusedViews],
      prepare: async (pool) => {
        await pool.query(`${catalogueSchema}; ${startSql}`)
      },
      changes: steps.map(({ sql }) => sql),
    },
    {
      name: 'random histories',
      constructs: Object.entries(shapeLists).map(([construct, shapes]) => ({ construct, views: normalised(shapes) })),
      prepare: async (pool) => {
        await pool.query(oracleSchema)
      },
      changes: [],
    },
    {
      name: 'TPC-H',
      constructs: [{ construct: 'the 22 queries', views: await tpchViews() }],
      prepare: (pool) => withClient(pool, async (client) => void (await loadTpch(client, { scaleFactor: 0.001 }))),
      changes: [],
    },
  ]
}
