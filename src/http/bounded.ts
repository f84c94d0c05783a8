import type { HttpLimits } from '../define/http-types.js'
import { broke, type Connection, type Database, hear } from '../engine/database.js'
import { Problem } from './problem.js'

export interface PoolUse {
  /** Connections that requests hold at this moment. */
  readonly busy: number
  /** Requests that wait for one. */
  readonly waiting: number
  /** Requests that were turned away for want of one, so far. */
  readonly refused: number
}

/** The same database, for which nobody waits long, and not many at a time: who does is answered 503. */
export class BoundedDatabase implements Database {
  #busy = 0
  #waiting = 0
  #refused = 0

  constructor(
    private readonly database: Database,
    private readonly limits: Pick<HttpLimits, 'connectionWaitMs' | 'maxWaiting'>,
  ) {}

  get use(): PoolUse {
    return { busy: this.#busy, waiting: this.#waiting, refused: this.#refused }
  }

  /** Of the pool: what it limits already need not be limited for each statement. */
  get options(): unknown {
    return (this.database as { options?: unknown }).options
  }

  async query<Row extends object>(text: string, values?: readonly unknown[]) {
    const connection = await this.connect()
    let broken = false
    try {
      return await connection.query<Row>(text, values)
    } catch (error) {
      broken = broke(error)
      throw error
    } finally {
      connection.release(broken)
    }
  }

  async connect(): Promise<Connection> {
    if (this.#waiting >= this.limits.maxWaiting) throw this.#refuse()
    const connection = await this.#wait(this.database.connect())
    hear(connection)
    this.#busy++
    let released = false
    return {
      origin: connection.origin ?? connection,
      query: (text, values) => connection.query(text, values),
      release: (destroy) => {
        if (released) return
        released = true
        this.#busy--
        connection.release(destroy)
      },
    }
  }

  #wait(connecting: Promise<Connection>): Promise<Connection> {
    this.#waiting++
    return new Promise((resolve, reject) => {
      let late = false
      const timer = setTimeout(() => {
        late = true
        reject(this.#refuse())
      }, this.limits.connectionWaitMs)
      // Until the pool has answered, it counts as waiting: the pool still holds its place in the queue.
      const answered = (): void => {
        clearTimeout(timer)
        this.#waiting--
      }
      connecting.then(
        (connection) => {
          answered()
          // It comes after all, and must not be lost to its pool.
          if (late) connection.release()
          else resolve(connection)
        },
        (error: unknown) => {
          answered()
          reject(error)
        },
      )
    })
  }

  #refuse(): Problem {
    this.#refused++
    return new Problem('OVERLOADED', 'All connections to the database are in use.', { headers: { 'retry-after': '1' } })
  }
}
