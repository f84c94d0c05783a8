import { Pool, type PoolConfig } from 'pg'
import { type DatabaseUrl, redactUrl, resolveDatabaseUrl } from '../define/database-url.js'
import { type LoadedConfig, loadConfig } from '../define/load-config.js'
import { normaliseConfig } from '../define/normalise-config.js'
import type { NormalisedConfig, NormalisedView } from '../define/types.js'
import { databaseError } from '../engine/databaseError.js'
import { TidemarkError } from '../protocol/errors.js'
import { endsWithin } from '../worker/endsWithin.js'
import { cancelOnInterrupt } from './cancelOnInterrupt.js'
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
  /** Whether the command itself knows what to do on Ctrl-C. */
  readonly handlesInterrupts?: boolean
}

const connectTimeoutMs = 10_000
const closeMs = 5_000

/** One run of one command: its configuration and its database, each opened when it is first asked for. */
export class Session {
  #loaded: Promise<LoadedConfig> | undefined
  #pool: Pool | undefined
  readonly #others: Pool[] = []
  #interrupted: number | undefined
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

  /** The exit code, when Ctrl-C or a SIGTERM came in the middle of it. */
  get interrupted(): number | undefined {
    return this.#interrupted
  }

  /** Views of the configuration, as far as it was loaded: for errors that point into their queries. */
  get views(): readonly NormalisedView[] {
    return this.#views
  }

  /** The settings of the configuration; the defaults, when there is none and none was named. */
  async configOrDefaults(): Promise<NormalisedConfig> {
    return (await this.#optionalConfig())?.config ?? normaliseConfig({ views: [] }).config
  }

  /**
   * The database that is named on the command line, in the configuration or in the environment. There need not be a
   * configuration.
   * @throws TidemarkError DATABASE_URL_MISSING.
   */
  async databaseUrl({ configured = true }: DatabaseNeed = {}): Promise<DatabaseUrl> {
    const flag = this.options.database
    const asked = configured && (flag === undefined || flag.trim() === '')
    const config = asked ? (await this.#optionalConfig())?.config.database : null
    return resolveDatabaseUrl({ flag, config })
  }

  /**
   * The database, after a first connection to it.
   * @throws TidemarkError DATABASE_URL_MISSING, DATABASE_UNREACHABLE, DATABASE_AUTHENTICATION.
   */
  async database(need: DatabaseNeed = {}): Promise<Pool> {
    const named = await this.databaseUrl(need)
    const pool = await this.openPool(4, named)
    if (need.handlesInterrupts !== true) {
      cancelOnInterrupt(pool, named.url, (code) => {
        this.#interrupted = code
      })
    }
    await tryConnection(pool, named)
    return pool
  }

  /** The database, to which no connection need be possible yet. Closed at the end. */
  async openPool(connections: number, named?: DatabaseUrl): Promise<Pool> {
    this.#pool ??= makePool(named ?? (await this.databaseUrl()), connections)
    return this.#pool
  }

  /** Prints the result: the value as JSON, or what people read. */
  print(value: unknown, text: () => string): void {
    this.terminal.result(this.terminal.json ? JSON.stringify(value, null, 2) : text())
  }

  /** One of its own, beside that one. Closed at the end. */
  async openAnotherPool(connections: number, settings: PoolConfig = {}): Promise<Pool> {
    const pool = makePool(await this.databaseUrl(), connections, settings)
    this.#others.push(pool)
    return pool
  }

  /** Connections that something still works on are not waited for for long: whoever wanted it is gone. */
  async close(): Promise<void> {
    const closed = Promise.all([this.#pool, ...this.#others].map((pool) => pool?.end()))
    await endsWithin(closed, closeMs)
  }

  async #optionalConfig(): Promise<LoadedConfig | undefined> {
    try {
      return await this.config()
    } catch (error) {
      const optional = this.options.config === undefined
      if (optional && error instanceof TidemarkError && error.code === 'CONFIG_NOT_FOUND') return undefined
      throw error
    }
  }
}

function makePool({ url, source }: DatabaseUrl, max: number, settings: PoolConfig = {}): Pool {
  try {
    const pool = new Pool({
      ...settings,
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
