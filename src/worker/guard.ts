import { type Connection, type Database, hear } from '../engine/database.js'
import { TidemarkError } from '../protocol/errors.js'

/** What a driver's pool or client may also have. */
export interface Emitter {
  on?(event: 'error', listener: (error: unknown) => void): unknown
  removeListener?(event: 'error', listener: (error: unknown) => void): unknown
}

const ignore = (): void => undefined

export interface GuardOptions {
  /** A query that is not answered for so long is given up, and its connection with it. */
  readonly limitMs: number
  /** Gives up all queries at once. */
  readonly abandon?: AbortSignal
}

/**
 * The same database, on which nothing can hang for ever: a connection can be lost without either side being told. A query
 * that is given up leaves its connection unusable, so that `release` destroys it; the server rolls back, or finishes what
 * it had been sent whole. It also hears the `error` event of a lost connection, which else would end the process; the
 * query on it fails as well, and that is the error that is reported.
 */
export function guarded(database: Database, options: GuardOptions): Database {
  return {
    query: (text, values) => limited(database.query(text, values), options),
    connect: async () => guardedConnection(await connectWithin(database, options), options),
  }
}

async function connectWithin(database: Database, options: GuardOptions): Promise<Connection> {
  const connecting = database.connect()
  try {
    return await limited(connecting, options)
  } catch (error) {
    // It may yet come, and must not be lost to its pool.
    connecting.then((late) => late.release(), ignore)
    throw error
  }
}

function guardedConnection(connection: Connection, options: GuardOptions): Connection {
  hear(connection)
  let given: TidemarkError | undefined
  return {
    query: async (text, values) => {
      if (given !== undefined) throw given
      try {
        return await limited(connection.query(text, values), options)
      } catch (error) {
        if (error instanceof TidemarkError) given = error
        throw error
      }
    },
    release: (destroy) => {
      connection.release(destroy === true || given !== undefined)
    },
  }
}

/** The promise, or a TidemarkError DATABASE_UNREACHABLE once the time is up. */
export async function limited<Result>(work: Promise<Result>, { limitMs, abandon }: GuardOptions): Promise<Result> {
  let stop: (error: TidemarkError) => void = ignore
  const given = new Promise<never>((_, reject) => {
    stop = reject
  })
  const late = (): void => stop(unanswered(`The database did not answer for ${Math.round(limitMs / 1000)} s.`))
  const abandoned = (): void => stop(unanswered('The worker stopped before the database answered.'))
  const timer = setTimeout(late, limitMs)
  if (abandon?.aborted) abandoned()
  abandon?.addEventListener('abort', abandoned, { once: true })
  try {
    return await Promise.race([work, given])
  } finally {
    clearTimeout(timer)
    abandon?.removeEventListener('abort', abandoned)
    work.catch(ignore)
  }
}

function unanswered(message: string): TidemarkError {
  return new TidemarkError('DATABASE_UNREACHABLE', message, {
    hint: 'Check that the server runs and that the network between the two does.',
  })
}
