import { readdir, readFile } from 'node:fs/promises'
import { TidemarkError } from '../protocol/errors.js'
import { type Database, one, transaction } from './database.js'

const directory = new URL('./sql/', import.meta.url)
/** Any number of our own; taken before the catalog is looked at, so that twenty that start at once queue up. */
const migrationLock = 1953064302
const oldestServer = 150000

/**
 * Brings the catalog in the database to this version's. Safe when many start at once: they wait for each other.
 * @returns the numbers of the migrations that were applied.
 * @throws TidemarkError POSTGRES_TOO_OLD, CATALOG_NEWER, PRIVILEGE_MISSING.
 */
export async function migrate(database: Database): Promise<number[]> {
  await checkServer(database)
  const migrations = await readMigrations()
  return transaction(database, async (connection) => {
    await connection.query("SET LOCAL lock_timeout = '60s'")
    await connection.query('SELECT pg_catalog.pg_advisory_xact_lock($1)', [migrationLock])
    const { catalog, creates } = await one<{ catalog: boolean; creates: boolean }>(
      connection,
      `SELECT to_regclass('tidemark.migration') IS NOT NULL AS catalog,
              has_database_privilege(current_database(), 'CREATE') AS creates`,
    )
    if (!catalog) {
      if (!creates) throw missingCreate()
      await checkSchemas(connection)
      await connection.query(`CREATE SCHEMA IF NOT EXISTS tidemark;
        CREATE TABLE tidemark.migration (version integer PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())`)
    }
    const { version } = await one<{ version: number }>(
      connection,
      'SELECT coalesce(max(version), 0) AS version FROM tidemark.migration',
    )
    const newest = migrations.at(-1)?.version ?? 0
    if (version > newest) throw newerCatalog(version, newest)
    const missing = migrations.filter((migration) => migration.version > version)
    for (const migration of missing) {
      await connection.query(migration.sql)
      await connection.query('INSERT INTO tidemark.migration (version) VALUES ($1)', [migration.version])
    }
    return missing.map((migration) => migration.version)
  })
}

/**
 * Whether the database holds a catalog at all.
 * @throws TidemarkError PRIVILEGE_MISSING when it does, and this role may not look into it.
 */
export async function isMigrated(database: Pick<Database, 'query'>): Promise<boolean> {
  const { owner, role, open } = await one<{ owner: string | null; role: string; open: boolean }>(
    database,
    `SELECT min(quote_ident(pg_get_userbyid(n.nspowner))) AS owner, quote_ident(current_user) AS role,
       coalesce(bool_and(has_schema_privilege(n.oid, 'USAGE')), true) AS open
     FROM pg_namespace n JOIN pg_class c ON c.relnamespace = n.oid WHERE n.nspname = 'tidemark' AND c.relname = 'migration'`,
  )
  if (!open) {
    throw new TidemarkError('PRIVILEGE_MISSING', `The role ${role} may not use what Tidemark keeps in this database.`, {
      hint: `Connect as ${owner}, which deployed it, or make the role a member: GRANT ${owner} TO ${role};`,
    })
  }
  return owner !== null
}

/**
 * Schemas of our names that hold something are somebody else's; dropping ours would take that with it.
 * @throws TidemarkError NAME_TAKEN.
 */
export async function checkSchemas(database: Pick<Database, 'query'>): Promise<void> {
  const { taken } = await one<{ taken: string | null }>(
    database,
    `SELECT min(n.nspname) AS taken FROM pg_namespace n
     WHERE n.nspname IN ('tidemark', 'tidemark_data', 'tidemark_log')
       AND (EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = n.oid)
         OR EXISTS (SELECT FROM pg_proc p WHERE p.pronamespace = n.oid)
         OR EXISTS (SELECT FROM pg_type t WHERE t.typnamespace = n.oid))`,
  )
  if (taken !== null) {
    throw new TidemarkError('NAME_TAKEN', `The schema ${taken} holds something that Tidemark did not make.`, {
      hint: `Tidemark keeps its own objects in the schemas tidemark, tidemark_data and tidemark_log. Rename it: ALTER SCHEMA ${taken} RENAME TO …`,
    })
  }
}

export async function checkServer(database: Pick<Database, 'query'>): Promise<void> {
  const { number, version } = await one<{ number: number; version: string }>(
    database,
    "SELECT current_setting('server_version_num')::integer AS number, current_setting('server_version') AS version",
  )
  if (number < oldestServer) {
    throw new TidemarkError('POSTGRES_TOO_OLD', `The server is PostgreSQL ${version}.`, {
      hint: 'Tidemark needs PostgreSQL 15 or later.',
    })
  }
}

async function readMigrations(): Promise<{ version: number; sql: string }[]> {
  const files = (await readdir(directory)).filter((file) => /^\d{4}_.*\.sql$/.test(file)).sort()
  return Promise.all(
    files.map(async (file) => ({
      version: Number.parseInt(file, 10),
      sql: await readFile(new URL(file, directory), 'utf8'),
    })),
  )
}

function missingCreate(): TidemarkError {
  return new TidemarkError('PRIVILEGE_MISSING', 'This role may not create schemas in the database.', {
    hint: 'GRANT CREATE ON DATABASE … TO the role that runs `tidemark apply`. Writers and readers need no such right.',
  })
}

function newerCatalog(found: number, known: number): TidemarkError {
  return new TidemarkError(
    'CATALOG_NEWER',
    `The catalog in the database is at version ${found}; this Tidemark knows ${known}.`,
    { hint: 'Use the version of Tidemark that prepared this database, or a later one.' },
  )
}
