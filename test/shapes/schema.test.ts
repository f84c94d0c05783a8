import { expect, test } from 'vitest'
import { errorOf } from '../deploy/support.js'
import { useTestDatabase } from '../kit/index.js'
import { deployLibrary } from '../oracle/library.js'
import { catalogue } from './catalogue/index.js'
import { refused } from './catalogue/refused.js'
import { rowsOf, written } from './rows.js'
import { end, schemaSql, startSql, steps } from './schema.js'

const db = await useTestDatabase()

test('the steps lead to the rows that the catalogue was worked out from', async () => {
  await db.query(`SET TimeZone = 'UTC'; ${schemaSql}; ${startSql}`)
  for (const { sql } of steps) await db.query(sql)
  for (const [table, rows] of Object.entries(end)) expect(await rowsOf(db.pool, 'public', table)).toEqual(written(rows))
  await db.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public')
})

test.each(refused)('$name is refused: $code', async ({ code, ...shape }) => {
  const error = await errorOf(deployLibrary(db.pool, [shape], schemaSql))
  await db.query('DROP SCHEMA public, oracle CASCADE; CREATE SCHEMA public')
  expect(error).toMatchObject({ code, view: shape.name })
})

test('no two shapes have one name', () => {
  const names = Object.values(catalogue).flatMap((constructs) =>
    constructs.flatMap(({ shapes }) => shapes.map(({ name }) => name)),
  )
  expect(names).toEqual([...new Set(names)])
})
