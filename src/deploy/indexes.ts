import { type Fragment, ident, join, sql, trusted } from '../compiler/fragment.js'
import type { IndexDefinition } from '../define/types.js'
import { type Connection, type Database, transaction } from '../engine/database.js'
import { serverError } from '../engine/databaseError.js'
import { TidemarkError } from '../protocol/errors.js'
import type { ViewTarget } from './compileViews.js'
import type { DeployedView } from './deployed.js'
import { type Patience, withBriefLock } from './locks.js'
import { userIndexNames } from './names.js'

export interface IndexPlace {
  /** Name of the view, for errors. */
  readonly view: string
  readonly table: Fragment
  readonly name: string
}

/** @throws TidemarkError INDEX_INVALID. */
export async function createIndex(
  connection: Connection,
  definition: IndexDefinition,
  { view, table, name }: IndexPlace,
): Promise<void> {
  const columns = join(definition.columns.map((column) => ident(column)))
  const unique = definition.unique ? sql`UNIQUE ` : sql``
  const where = definition.where === null ? sql`` : sql` WHERE ${trusted(definition.where)}`
  try {
    await connection.query(
      sql`CREATE ${unique}INDEX ${ident(name)} ON ${table} USING ${ident(definition.method)} (${columns})${where}`.text,
    )
  } catch (error) {
    const { message, detail, code } = serverError(error)
    if (code === '55P03') throw error
    throw new TidemarkError('INDEX_INVALID', `PostgreSQL does not accept the index on (${definition.columns.join(', ')}): ${message}`, {
      hint: detail ?? 'Check its columns, method and WHERE condition. Nothing was changed.',
      view,
      cause: error,
    })
  }
}

export interface IndexChanges {
  readonly created: readonly IndexDefinition[]
  readonly dropped: readonly IndexDefinition[]
}

/** What differs between the indexes that a view has and those that it should have. Their order means nothing. */
export function compareIndexes(target: ViewTarget, deployed: DeployedView): IndexChanges {
  const name = (definition: IndexDefinition): string => userIndexNames(target.storage, definition).built
  const have = new Set(deployed.indexes.map(name))
  const want = new Set(target.view.indexes.map(name))
  return {
    created: target.view.indexes.filter((definition) => !have.has(name(definition))),
    dropped: deployed.indexes.filter((definition) => !want.has(name(definition))),
  }
}

/** Makes the indexes of a deployed storage table agree with the configuration. Readers go on meanwhile. */
export async function changeIndexes(
  database: Database,
  target: ViewTarget,
  deployed: DeployedView,
  patience?: Patience,
): Promise<void> {
  const { created, dropped } = compareIndexes(target, deployed)
  if (created.length + dropped.length === 0) return
  const native = target.view.storage === 'matview'
  const table = native ? ident(target.view.schema, target.view.name) : ident('tidemark_data', target.storage)
  const schema = native ? target.view.schema : 'tidemark_data'
  const within = (work: (connection: Connection) => Promise<void>): Promise<void> =>
    transaction(database, (connection) => withBriefLock(connection, () => work(connection), patience))
  // Apart from each other: dropping takes a lock that readers would wait for while the others are built.
  await within(async (connection) => {
    for (const definition of dropped) {
      const name = ident(schema, userIndexNames(target.storage, definition).final)
      await connection.query(sql`DROP INDEX IF EXISTS ${name}`.text)
    }
  })
  await within(async (connection) => {
    for (const definition of created) {
      const name = userIndexNames(target.storage, definition).final
      await createIndex(connection, definition, { view: target.name, table, name })
    }
    await connection.query('UPDATE tidemark.view SET indexes = $2 WHERE id = $1', [
      deployed.id,
      JSON.stringify(target.view.indexes),
    ])
  })
}
