import { Pool } from 'pg'
import { type DatabaseUrl, redactUrl, resolveDatabaseUrl } from '../define/database-url.js'
import { type LoadedConfig, loadConfig } from '../define/load-config.js'
import type { NormalisedView } from '../define/types.js'
import { databaseError } from '../engine/databaseError.js'
import { TidemarkError } from '../protocol/errors.js'
import type { Terminal } from './terminal.js'

/** Options that every command takes. */
export interface GlobalOptions {
  readonly config?: string
  readonly database?: string
  readonly json?: boolean
}

export interface DatabaseNeed {
  /** Whether a configuration may name it. */
  readonly configured?: boolean
  readonly connections?: number
}

const connectTimeoutMs = 10_000

/** One run of one command: its configuration and its database, each opened when it is first asked for. */
export class Session {
  #loaded: Promise<LoadedConfig> | undefined
  #pool: Pool | undefined
  #views: readonly NormalisedView[] = []

  constructor(
    readonly options: GlobalOptions,
    readonly terminal: Terminal,
  ) {}

  /** @throws TidemarkError CONFIG_NOT_FOUND, CONFIG_INVALID and what else loadConfig raises. */
  config(): Promise<LoadedConfig> {
    this.#loaded ??= loadConfig(this.options.config).then((loaded) => {
      this.#views = loaded.views
      return loaded
    })
    return this.#loaded
  }

  /** Views of the configuration, as far as it was loaded: for errors that point into their queries. */
  get views(): readonly NormalisedView[] {
    return this.#views
  }

  /**
   * The database that is named on the command line, in the configuration or in the environment. There need not be a
   * configuration.
   * @throws TidemarkError DATABASE_URL_MISSING, DATABASE_UNREACHABLE, DATABASE_AUTHENTICATION.
   */
  async database({ configured = true, connections = 4 }: DatabaseNeed = {}): Promise<Pool> {
    if (this.#pool !== undefined) return this.#pool
    const config = configured ? await this.#configuredUrl() : null
    const named = resolveDatabaseUrl({ flag: this.options.database, config })
    const pool = openPool(named, connections)
    this.#pool = pool
    await tryConnection(pool, named)
    return pool
  }

  /** Prints the result: the value as JSON, or what people read. */
  print(value: unknown, text: () => string): void {
    this.terminal.result(this.terminal.json ? JSON.stringify(value, null, 2) : text())
  }

  async close(): Promise<void> {
    await this.#pool?.end()
  }

  async #configuredUrl(): Promise<string | null> {
    if (this.options.database !== undefined && this.options.database.trim() !== '') return null
    try {
      return (await this.config()).config.database
    } catch (error) {
      const optional = this.options.config === undefined
      if (optional && error instanceof TidemarkError && error.code === 'CONFIG_NOT_FOUND') return null
      throw error
    }
  }
}

function openPool({ url, source }: DatabaseUrl, max: number): Pool {
  try {
    const pool = new Pool({
      connectionString: url,
      application_name: 'tidemark',
      connectionTimeoutMillis: connectTimeoutMs,
      max,
    })
    // An idle connection that breaks is told by the next query; without a listener it would end the process.
    pool.on('error', () => undefined)
    pool.on('connect', (client) => client.on('error', () => undefined))
    return pool
  } catch (error) {
    throw new TidemarkError('CONFIG_INVALID', `${source}: is not a PostgreSQL URL`, {
      hint: 'It looks like postgres://user:password@host:5432/name.',
      cause: error,
    })
  }
}

/** Connects once, so that what is wrong with the connection is told with the place it was named in. */
async function tryConnection(pool: Pool, { url, source }: DatabaseUrl): Promise<void> {
  try {
    const connection = await pool.connect()
    connection.release()
  } catch (error) {
    const { code, message, hint } = databaseError(error)
    const password = message.startsWith('SASL')
    const chosen = password ? 'DATABASE_AUTHENTICATION' : code === 'INTERNAL' ? 'DATABASE_UNREACHABLE' : code
    const said = password ? 'the server asks for a password, and none was given' : message
    throw new TidemarkError(chosen, `${redactUrl(url)} (from ${source}): ${said}`, {
      hint: hint ?? 'Check that the server runs, and the host, port and database name in the URL.',
      cause: error,
    })
  }
}
