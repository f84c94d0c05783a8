import pg from 'pg'
import { afterAll, expect, it } from 'vitest'
import { transaction } from '../../src/engine/database.js'
import { useTestDatabase } from '../kit/index.js'

const db = await useTestDatabase()
/** As an application has it: it hears of connections that are lost while nobody uses them, and of no others. */
const pool = new pg.Pool({ connectionString: db.url, max: 1 })
pool.on('error', () => undefined)
afterAll(() => pool.end())

const session = () =>
  transaction(pool, async (connection) => (await connection.query('SELECT pg_backend_pid()')).rows[0])

it('a connection that is lost under a transaction is its error, and ends no process', async () => {
  const before = await session()
  let lost: Promise<unknown> = Promise.resolve()
  const failed = await transaction(pool, async (connection) => {
    const { rows } = await connection.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
    lost = db.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid])
    await connection.query('SELECT pg_sleep(20)')
  }).catch((error: unknown) => error)
  await lost
  expect(failed).toMatchObject({ code: '57P01' })
  expect(await session()).not.toEqual(before)
})

it('nor is one that is lost between two statements', async () => {
  const failed = await transaction(pool, async (connection) => {
    const { rows } = await connection.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
    await db.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid])
    await new Promise((resolve) => setTimeout(resolve, 300))
    await connection.query('SELECT 1')
  }).catch((error: unknown) => error)
  expect(failed).toBeInstanceOf(Error)
  expect(await session()).toBeDefined()
})
