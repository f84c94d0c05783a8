/** A shop for a page: its tables, and its views as they are deployed and served. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Client, Pool } from 'pg'
import { loadConfig } from '../../../src/define/load-config.js'
import { applyDeployment, planDeployment } from '../../../src/deploy/index.js'
import { createHandler, type Handler } from '../../../src/http/index.js'
import { generateTypes, readGeneratedViews } from '../../../src/read/index.js'
import type { Ask } from '../commands.js'

const project = fileURLToPath(new URL('.', import.meta.url))

export interface Shop {
  /** One session for all the SQL of a page. */
  readonly client: Client
  readonly handler: Handler
  readonly ask: Ask
  /** What is wrong with a configuration, put in the place of the shop's own. */
  checkConfig(text: string): Promise<string | undefined>
  close(): Promise<void>
}

/** For everything. */
export const token = 'a-token-for-everything'

export interface Shops {
  /** `tidemark.views.ts`, as `tidemark generate` writes it. */
  readonly generated: string
  open(name: string): Promise<Shop>
}

/** Deploys the views once; each shop that is opened is a copy of that database. */
export async function makeShops(serverUrl: string): Promise<Shops> {
  // Roles belong to the server.
  await runOn(serverUrl, 'CREATE ROLE app; CREATE ROLE app_user; CREATE ROLE authenticated; CREATE ROLE anon')
  await runOn(serverUrl, 'CREATE DATABASE shop')
  const pool = new Pool({ connectionString: databaseUrl(serverUrl, 'shop'), max: 4 })
  await pool.query(readFileSync(join(project, 'schema.sql'), 'utf8'))
  const { views } = await loadConfig(project)
  await applyDeployment(pool, views)
  const generated = generateTypes(await readGeneratedViews(pool), {
    zod: true,
    kysely: true,
    drizzle: true,
    json: true,
  })
  await pool.end()
  return { generated, open: (name) => openShop(serverUrl, name) }
}

async function openShop(serverUrl: string, name: string): Promise<Shop> {
  await runOn(serverUrl, `CREATE DATABASE ${name} TEMPLATE shop`)
  const connectionString = databaseUrl(serverUrl, name)
  const pool = new Pool({ connectionString, max: 4 })
  pool.on('error', () => {})
  const handler = createHandler({
    database: pool,
    access: { tokens: [{ name: 'all', token, actions: '*' }] },
    // A busy machine must not make a request wait for a connection in vain.
    limits: { connectionWait: '30s' },
  })
  const client = new Client({ connectionString })
  await client.connect()
  return {
    client,
    handler,
    ask: async (address, headers) => (await handler.fetch(new Request(address, { headers }))).status,
    checkConfig: (text) => checkConfig(pool, text),
    close: async () => {
      await client.end()
      await handler.close()
      await pool.end()
    },
  }
}

function databaseUrl(serverUrl: string, name: string): string {
  return Object.assign(new URL(serverUrl), { pathname: `/${name}` }).href
}

async function runOn(serverUrl: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: serverUrl })
  await client.connect()
  await client.query(sql)
  await client.end()
}

/** What the configurations on the pages read from the environment. */
const environment = {
  DASHBOARD_TOKEN_SHA256: 'a'.repeat(64),
  SUPABASE_JWT_SECRET: 'secret'.repeat(6),
  TIDEMARK_TOKEN: 'token'.repeat(6),
}

async function checkConfig(pool: Pool, text: string): Promise<string | undefined> {
  const directory = mkdtempSync(join(tmpdir(), 'tidemark-docs-'))
  Object.assign(process.env, environment)
  try {
    cpSync(join(project, 'views'), join(directory, 'views'), { recursive: true })
    writeFileSync(join(directory, 'tidemark.config.ts'), text)
    const { views } = await loadConfig(directory)
    await planDeployment(pool, views)
    return undefined
  } catch (error) {
    return (error as Error).message
  } finally {
    rmSync(directory, { recursive: true })
    for (const name of Object.keys(environment)) delete process.env[name]
  }
}
