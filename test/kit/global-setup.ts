import type { TestProject } from 'vitest/node'
import { startEmbeddedServer } from '../../src/embedded/server.js'
import { databaseUrl, dropDatabase, quoted, withClient } from './names.js'
import { testedVersion } from './server.js'
import { templates } from './templates.js'

declare module 'vitest' {
  export interface ProvidedContext {
    /** Superuser's URL of the server under test. */
    readonly serverUrl: string
    /** Names of all databases of this run begin with it: somebody else's run may use the same server. */
    readonly databasePrefix: string
  }
}

/** Durability costs time and proves nothing when the machine itself does not crash. */
const fastSettings = { fsync: false, full_page_writes: false, max_connections: 200 }

/** One PostgreSQL for the whole run, with the templates that test files clone. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const named = process.env.TIDEMARK_TEST_DATABASE_URL
  const server = named ? undefined : await startEmbeddedServer({ version: testedVersion(), settings: fastSettings })
  const serverUrl = named || server?.url || ''
  const databasePrefix = `tidemark_test_${process.pid}_`
  await makeTemplates(serverUrl, databasePrefix)
  project.provide('serverUrl', serverUrl)
  project.provide('databasePrefix', databasePrefix)
  return async () => {
    if (server !== undefined) await server.remove()
    else await dropAll(serverUrl, databasePrefix)
  }
}

async function makeTemplates(serverUrl: string, prefix: string): Promise<void> {
  await withClient(serverUrl, async (admin) => {
    for (const [name, fill] of Object.entries(templates)) {
      await admin.query(`CREATE DATABASE ${quoted(prefix + name)} TEMPLATE template0`)
      await withClient(databaseUrl(serverUrl, prefix + name), fill)
    }
  })
}

async function dropAll(serverUrl: string, prefix: string): Promise<void> {
  await withClient(serverUrl, async (admin) => {
    const found = await admin.query<{ datname: string }>(
      'SELECT datname FROM pg_database WHERE starts_with(datname, $1)',
      [prefix],
    )
    for (const { datname } of found.rows) await dropDatabase(admin, datname)
  })
}
