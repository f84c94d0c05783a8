import { Pool } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createReader, type JsonRequest } from '../../src/read/index.js'
import { apply, errorOf } from '../deploy/support.js'
import { useTestDatabase } from '../kit/index.js'

const db = await useTestDatabase()
/** What a statement is limited to is set for each connection: a read needs no transaction for that. */
const pool = new Pool({ connectionString: db.url, max: 2, statement_timeout: 30_000 })
const claimed = "(current_setting('request.jwt.claims', true)::json ->> 'org')::int"

beforeAll(async () => {
  await db.query(`CREATE TABLE note (id int PRIMARY KEY, org int NOT NULL, name text NOT NULL);
    INSERT INTO note VALUES (1, 1, 'Ada'), (2, 2, 'Bob')`)
  await apply(db, {
    notes: { query: 'SELECT id, org, name FROM note', key: ['id'], read: { guard: `org = ${claimed}` } },
  })
})

afterAll(() => pool.end())

const reader = createReader({ database: pool })
const ask = (claims: object, query: JsonRequest['query'] = {}) => reader.readJson({ view: 'notes', query, claims })
const column = { column: 'name', steps: [] }

describe('a guard that asks for claims', () => {
  it('is told them, also where no role is put on', async () => {
    expect(JSON.parse((await ask({ org: 1 })).body)).toEqual([{ id: 1, org: 1, name: 'Ada' }])
    expect(JSON.parse((await ask({ org: 2 })).body)).toEqual([{ id: 2, org: 2, name: 'Bob' }])
  })

  it.each(['match', 'imatch'] as const)('is not got around by a pattern that fails on a row: %s', async (operator) => {
    const guessed = (name: string) =>
      ask(
        { org: 1 },
        {
          where: {
            kind: 'and',
            conditions: [
              { kind: 'compare', column, operator: 'eq', values: [name] },
              { kind: 'compare', column, operator, values: ['['] },
            ],
          },
        },
      ).catch(({ code }: { code: string }) => code)
    // Whatever is answered, it is the same for a row that is somebody else's and for one that there is not.
    expect(shown(await guessed('Bob'))).toEqual(shown(await guessed('Nobody')))
  })

  it.each(['like', 'ilike'] as const)('nor by one that ends in the middle: %s', async (operator) => {
    const guessed = (beginning: string) =>
      errorOf(
        ask(
          { org: 1 },
          { where: { kind: 'compare', column, operator, values: [`${beginning}\\`] } },
        ) as Promise<unknown>,
      )
    expect(await guessed('B')).toMatchObject({ code: 'READ_INVALID' })
    expect(await guessed('X')).toMatchObject({ code: 'READ_INVALID' })
  })

  it('nor by a text search of words that are none', async () => {
    const guessed = (name: string) =>
      ask(
        { org: 1 },
        {
          where: {
            kind: 'and',
            conditions: [
              { kind: 'compare', column, operator: 'eq', values: [name] },
              { kind: 'search', column, search: 'fts', words: 'a b' },
            ],
          },
        },
      ).catch(({ code }: { code: string }) => code)
    expect(shown(await guessed('Bob'))).toEqual(shown(await guessed('Nobody')))
  })

  it('and lets patterns find what it lets through', async () => {
    for (const [operator, pattern] of [
      ['match', '^A'],
      ['imatch', '^a'],
      ['like', 'A%'],
      ['ilike', 'a\\da'],
    ] as const) {
      const found = await ask({ org: 1 }, { where: { kind: 'compare', column, operator, values: [pattern] } })
      expect([operator, found.rows]).toEqual([operator, 1])
    }
    const found = await ask({ org: 1 }, { where: { kind: 'search', column, search: 'plfts', words: 'ada' } })
    expect(found.rows).toBe(1)
  })
})

function shown(answer: string | { readonly body: string }): string {
  return typeof answer === 'string' ? answer : answer.body
}
