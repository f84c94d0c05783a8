import { type Fragment, ident, join, sql, trusted } from '../compiler/fragment.js'
import type { IndexDefinition } from '../define/types.js'
import { type Connection, type Database, rows, transaction } from '../engine/database.js'
import { serverError } from '../engine/databaseError.js'
import { TidemarkError } from '../protocol/errors.js'
import type { DeployedView } from './deployed.js'
import { type Patience, withBriefLock } from './locks.js'
import { indexNames, userIndexNames } from './names.js'
import type { ViewTarget } from './target.js'

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
    throw new TidemarkError(
      'INDEX_INVALID',
      `PostgreSQL does not accept the index on (${definition.columns.join(', ')}): ${message}`,
      {
        hint: detail ?? 'Check its columns, method and WHERE condition. Nothing was changed.',
        view,
        cause: error,
      },
    )
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

export interface IndexNames {
  readonly built: string
  readonly final: string
}

/**
 * Makes the indexes that people put on the old storage table by hand on the new one as well, those left out whose
 * columns are gone. They get their own names when the old table is out of the way.
 */
export async function copyHandMade(
  connection: Connection,
  target: ViewTarget,
  old: DeployedView,
  table: Fragment,
): Promise<IndexNames[]> {
  const copied: IndexNames[] = []
  for (const [place, { name, head, body }] of (await readHandMade(connection, target, old)).entries()) {
    const { built } = indexNames(target.storage, `h${place}`)
    await connection.query('SAVEPOINT tidemark_index')
    try {
      await connection.query(sql`${trusted(head)} ${ident(built)} ON ${table} ${trusted(body)}`.text)
      copied.push({ built, final: name })
    } catch (error) {
      if (!['42703', '42704', '42804', '42883'].includes(serverError(error).code ?? '')) throw error
      await connection.query('ROLLBACK TO SAVEPOINT tidemark_index')
    }
    await connection.query('RELEASE SAVEPOINT tidemark_index')
  }
  return copied
}

async function readHandMade(
  connection: Connection,
  target: ViewTarget,
  old: DeployedView,
): Promise<{ name: string; head: string; body: string }[]> {
  const own = (name: string): boolean =>
    name.startsWith(`${old.storageName}~`) ||
    Array.from({ length: 20 }, (_, index) => `slice${index}`)
      .concat('key')
      .some((role) => indexNames(old.storageName, role).final === name) ||
    [...old.indexes, ...target.view.indexes].some(
      (definition) => userIndexNames(old.storageName, definition).final === name,
    )
  const found = await rows<{ name: string; head: string; body: string }>(
    connection,
    `SELECT i.relname AS name, CASE WHEN x.indisunique THEN 'CREATE UNIQUE INDEX' ELSE 'CREATE INDEX' END AS head,
       substr(pg_get_indexdef(i.oid), length(format('CREATE %sINDEX %I ON %I.%I ',
         CASE WHEN x.indisunique THEN 'UNIQUE ' ELSE '' END, i.relname, n.nspname, t.relname)) + 1) AS body
     FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
     JOIN pg_namespace n ON n.oid = t.relnamespace
     WHERE n.nspname = 'tidemark_data' AND t.relname = $1 AND x.indisvalid ORDER BY i.relname`,
    [old.storageName],
  )
  return found.filter(({ name }) => !own(name))
}
