import { hash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { broke, type Connection, connectionOf, type Database } from '../engine/database.js'

/** Of these it is known how often they were asked. */
const mostWatched = 500
/** Longer ones are not for asking again and again. */
const longestText = 8_192
/** PostgreSQL keeps what is prepared as long as the connection: so one that has had many is given up. */
const mostOfConnection = 100

/**
 * It is not there, or there already: between us and PostgreSQL stands something that hands out its connections for a
 * transaction at a time, and does not know of what is prepared on them.
 */
const misplaced: ReadonlySet<string | undefined> = new Set(['26000', '42P05'])
/**
 * What it reads can be of another type than when it was prepared, for as long as nobody here knows: values are then no values
 * of it, operators are not there, or what it gives is another. Asked anew, it shows whether that was why.
 */
const perhapsOutdated = /^(?:0A000|22|42)/

/** `pg` prepares what has a name, once for each connection. */
interface PreparingConnection {
  query<Row>(statement: {
    readonly name: string
    readonly text: string
    readonly values: readonly unknown[]
  }): Promise<{ readonly rows: Row[] }>
}

interface Known {
  name: string | undefined
}

/** Statements of one database, which are planned once for each connection where they come again and again. */
export class PreparedStatements {
  readonly #known = new LRUCache<string, Known>({ max: mostWatched })
  readonly #had = new WeakMap<object, Set<string>>()
  #refused: boolean

  constructor(private readonly database: Database) {
    // Only what is known to take names is given any.
    this.#refused = typeof (database as { options?: unknown }).options !== 'object'
  }

  /**
   * @param of the version of what is read. Types of values are settled when a statement is prepared, and PostgreSQL keeps to
   * them when a column is of another type later.
   */
  async run<Row extends object>(text: string, values: readonly unknown[], of = ''): Promise<readonly Row[]> {
    const name = this.#nameOf(text, of)
    if (name === undefined) return (await this.database.query<Row>(text, values)).rows
    const connection = await connectionOf(this.database)
    let worn = this.#isWorn(connection, name)
    try {
      const preparing = connection as unknown as PreparingConnection
      return (await preparing.query<Row>({ name, text, values })).rows
    } catch (error) {
      const { code } = error as { code?: string }
      if (misplaced.has(code)) this.#refused = true
      else if (code === undefined || !perhapsOutdated.test(code)) {
        worn ||= broke(error)
        throw error
      }
      return (await connection.query<Row>(text, values)).rows
    } finally {
      connection.release(worn)
    }
  }

  /** Equal names mean equal texts of equal versions, whoever prepared them. */
  #nameOf(text: string, of: string): string | undefined {
    if (this.#refused || text.length > longestText) return undefined
    // No version has a line break in it.
    const key = of === '' ? text : `${of}\n${text}`
    const known = this.#known.get(key)
    if (known === undefined) {
      this.#known.set(key, { name: undefined })
      return undefined
    }
    known.name ??= `tidemark_${hash('sha256', key, 'base64url')}`
    return known.name
  }

  #isWorn(connection: Connection, name: string): boolean {
    const origin = connection.origin ?? connection
    const had = this.#had.get(origin) ?? new Set()
    had.add(name)
    this.#had.set(origin, had)
    return had.size > mostOfConnection
  }
}

const all = new WeakMap<Database, PreparedStatements>()

export function preparedFor(database: Database): PreparedStatements {
  const known = all.get(database)
  if (known !== undefined) return known
  const made = new PreparedStatements(database)
  all.set(database, made)
  return made
}
