import { readFile } from 'node:fs/promises'
import { Client } from 'pg'
import { startEmbeddedServer } from '../../embedded/server.js'
import { databaseError } from '../../engine/databaseError.js'
import { TidemarkError } from '../../protocol/errors.js'
import { Session } from '../session.js'

export interface DevDatabase {
  /** With the database to work on. */
  readonly session: Session
  /** Whether it was made for this run, and goes with it. */
  readonly isOwn: boolean
  close(): Promise<void>
}

/**
 * The database that is named; where none is, a PostgreSQL of this process.
 * @throws TidemarkError EMBEDDED_SERVER, QUERY_FILE_NOT_FOUND; USAGE_INVALID for SQL that fails, or that has no place.
 */
export async function ownDatabase(session: Session, schema: readonly string[]): Promise<DevDatabase> {
  if (await isNamed(session)) {
    if (schema.length === 0) return { session, isOwn: false, close: async () => undefined }
    throw new TidemarkError(
      'USAGE_INVALID',
      '--schema is for a PostgreSQL that `dev` starts, and a database is named.',
      {
        hint: 'Run the SQL with psql, or name no database.',
      },
    )
  }
  session.terminal.note('No database is named: starting a PostgreSQL for this run …')
  const server = await startEmbeddedServer({ settings: { fsync: false, full_page_writes: false } })
  const own = new Session({ ...session.options, database: server.url }, session.terminal)
  const close = async (): Promise<void> => {
    await own.close()
    await server.remove()
  }
  try {
    await run(server.url, schema)
  } catch (error) {
    await close()
    throw error
  }
  session.terminal.note(`It is at ${server.url} and goes when this ends.`)
  return { session: own, isOwn: true, close }
}

async function isNamed(session: Session): Promise<boolean> {
  try {
    await session.databaseUrl()
    return true
  } catch (error) {
    if (error instanceof TidemarkError && error.code === 'DATABASE_URL_MISSING') return false
    throw error
  }
}

async function run(url: string, files: readonly string[]): Promise<void> {
  const client = new Client(url)
  await client.connect()
  try {
    for (const file of files) {
      const text = await readFile(file, 'utf8').catch((error: unknown) => {
        throw new TidemarkError('QUERY_FILE_NOT_FOUND', `${file} cannot be read.`, { cause: error })
      })
      await client.query(text).catch((error: unknown) => {
        const { message, hint } = databaseError(error)
        throw new TidemarkError('USAGE_INVALID', `${file}: ${message}`, { ...(hint && { hint }), cause: error })
      })
    }
  } finally {
    await client.end()
  }
}
