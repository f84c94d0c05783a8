import { Client } from 'pg'
import { describe, expect, test } from 'vitest'
import { createTestDatabase, testedVersion, useTestDatabase } from './index.js'

const database = await useTestDatabase()

describe('a test database', () => {
  test('runs on the version under test', async () => {
    const [row] = await database.rows<{ major: number }>(
      `SELECT current_setting('server_version_num')::int / 10000 AS major`,
    )
    // A database that somebody named may be of any version.
    if (!process.env.TIDEMARK_TEST_DATABASE_URL) expect(row?.major).toBe(testedVersion())
  })

  test('is a clone that no other one sees', async () => {
    await database.query('CREATE TABLE only_here (a int)')
    const other = await createTestDatabase()
    const [row] = await other.rows<{ found: string | null }>(`SELECT to_regclass('only_here')::text AS found`)
    expect(row?.found).toBeNull()
    await other.drop()
  })

  test('is gone after drop()', async () => {
    const other = await createTestDatabase()
    await other.connect()
    await other.query('SELECT 1')
    await other.drop()
    const left = await database.rows('SELECT 1 FROM pg_database WHERE datname = $1', [other.name])
    expect(left).toEqual([])
  })
})

describe('drop() reports what leaked', () => {
  const options = { graceMilliseconds: 500 }

  test('a connection of one’s own, with its last query', async () => {
    const other = await createTestDatabase(options)
    const leaked = new Client({ connectionString: other.url, application_name: 'forgotten' })
    leaked.on('error', () => {}) // drop() ends it with force
    await leaked.connect()
    await leaked.query('SELECT 42 AS answer')
    await expect(other.drop()).rejects.toThrow(/'forgotten', idle, last query: SELECT 42 AS answer/)
    const left = await database.rows('SELECT 1 FROM pg_database WHERE datname = $1', [other.name])
    expect(left).toEqual([])
  })

  test('a client of the pool that was never released', async () => {
    const other = await createTestDatabase(options)
    const client = await other.pool.connect()
    await client.query('BEGIN')
    await expect(other.drop()).rejects.toThrow(/1 client\(s\) of the test's pool, never released/)
  })
})
