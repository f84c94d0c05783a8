import pg from 'pg'
import { afterAll } from 'vitest'
import { type PostgresVersion, postgresVersions } from '../../src/embedded/binaries.js'
import { type EmbeddedServer, type EmbeddedServerOptions, startEmbeddedServer } from '../../src/embedded/server.js'

/** The version under test: TIDEMARK_TEST_PG, 18 when it is not set. */
export function testedVersion(): PostgresVersion {
  const text = process.env.TIDEMARK_TEST_PG || '18'
  const version = postgresVersions.find((known) => String(known) === text)
  if (version === undefined) throw new Error(`TIDEMARK_TEST_PG is "${text}", and can be ${postgresVersions.join(', ')}`)
  return version
}

/**
 * A server of the version under test, for a test that crashes, restarts or configures it. With stock settings: add
 * what you need. Who calls it must call `remove()`; `usePrivateServer` does.
 */
export async function startPrivateServer(options: EmbeddedServerOptions = {}): Promise<EmbeddedServer> {
  return await startEmbeddedServer({ version: testedVersion(), ...options })
}

/** `startPrivateServer` for a whole file: removed after its last test. Call it at the top level of the file. */
export async function usePrivateServer(options: EmbeddedServerOptions = {}): Promise<EmbeddedServer> {
  const server = await startPrivateServer(options)
  afterAll(() => server.remove())
  return server
}

/** What tests need of a database, on a server that no other test uses. For a whole file, like `usePrivateServer`. */
export async function useOwnServer(options: EmbeddedServerOptions = {}) {
  const server = await startPrivateServer(options)
  const pool = new pg.Pool({ connectionString: server.url, max: 8 })
  // A connection that the server ends is told by the next query on it; it must not end the test process.
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  const clients: pg.Client[] = []
  afterAll(async () => {
    await Promise.all(clients.map((client) => client.end().catch(() => {})))
    await pool.end()
    await server.remove()
  })
  return {
    server,
    pool,
    query: (text: string, values?: unknown[]) => pool.query(text, values),
    connect: async (): Promise<pg.Client> => {
      const client = new pg.Client({ connectionString: server.url })
      client.on('error', () => {})
      await client.connect()
      clients.push(client)
      return client
    },
  }
}
