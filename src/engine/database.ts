/** The part of `pg` that Tidemark calls: a Pool, a Client, or anything shaped like them. */
export interface Queryable {
  query<Row extends object>(
    text: string,
    values?: readonly unknown[],
  ): Promise<{ rows: Row[]; rowCount: number | null }>
}

export interface Connection extends Queryable {
  /** Where it stands for another one: that one, which is the same object whenever the same connection is handed out. */
  readonly origin?: object
  release(destroy?: boolean): void
}

/** Whether an error means that its connection is of no use any more. A statement that failed leaves a sound one. */
export function broke(error: unknown): boolean {
  const severity = error instanceof Error ? (error as { severity?: string }).severity : undefined
  return severity === undefined || severity === 'FATAL' || severity === 'PANIC'
}

/** What a driver's client may also have. */
interface Emitter {
  on?(event: 'error', listener: () => void): unknown
}

const heard = new WeakSet<object>()

/**
 * A connection whose loss is an error of the statement on it, or of the next one, and of nothing else: drivers tell of it by an
 * event too, which would end the process where nobody listens.
 */
export async function connectionOf(database: Database): Promise<Connection> {
  const connection = await database.connect()
  hear(connection)
  return connection
}

export function hear(connection: Connection): void {
  const emitter = connection as Emitter
  // What only stands for a connection tells nothing. There is a new one for each use: to remember all of them, however weakly,
  // would let them, and all that they hold, outlive many collections.
  if (emitter.on === undefined || heard.has(connection)) return
  heard.add(connection)
  emitter.on('error', () => undefined)
}

export interface Database extends Queryable {
  connect(): Promise<Connection>
}

export async function rows<Row extends object>(
  database: Queryable,
  text: string,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  return (await database.query<Row>(text, values)).rows
}

/** The single row of a query that always returns one. */
export async function one<Row extends object>(
  database: Queryable,
  text: string,
  values: readonly unknown[] = [],
): Promise<Row> {
  const [row] = await rows<Row>(database, text, values)
  if (row === undefined) throw new Error('a query that returns one row returned none')
  return row
}

/** The single row of the last of several statements that are sent at once. */
export async function lastRow<Row extends object>(database: Queryable, text: string): Promise<Row> {
  const answer: unknown = await database.query<Row>(text)
  const results = (Array.isArray(answer) ? answer : [answer]) as { rows: Row[] }[]
  const row = results.at(-1)?.rows[0]
  if (row === undefined) throw new Error('statements that end with one row returned none')
  return row
}

/** Runs `work` in one transaction on a connection of its own; rolls back when it throws. */
export async function transaction<Result>(
  database: Database,
  work: (connection: Connection) => Promise<Result>,
  begin = 'BEGIN',
): Promise<Result> {
  return begun(database, async (connection) => {
    await connection.query(begin)
    return work(connection)
  })
}

/**
 * The same for work that begins the transaction itself, with its first statement.
 * @param commit ends it, and may look at what came of it.
 */
export async function begun<Result>(
  database: Database,
  work: (connection: Connection) => Promise<Result>,
  commit: (connection: Connection, result: Result) => Promise<Result> = async (connection, result) => {
    await connection.query('COMMIT')
    return result
  },
): Promise<Result> {
  const connection = await connectionOf(database)
  let broken = false
  try {
    return await commit(connection, await work(connection))
  } catch (error) {
    await connection.query('ROLLBACK').catch(() => {
      broken = true
    })
    throw error
  } finally {
    connection.release(broken)
  }
}
