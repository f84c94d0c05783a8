import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import type { Connection, Database } from '../../src/engine/database.js'
import { createReader } from '../../src/read/index.js'
import { apply, errorOf, reset } from '../deploy/support.js'
import { serveViews } from '../http/rest/kit.js'
import { useTestDatabase } from '../kit/index.js'

const db = await useTestDatabase()
const role = `redeployed_${db.name.replace(/\W/g, '')}`

beforeEach(async () => {
  await reset(db)
  await db.query(`CREATE TABLE t (id int PRIMARY KEY, g int, name text);
    INSERT INTO t SELECT i, i % 3, 'n' || i FROM generate_series(1, 6) i`)
})

afterAll(async () => {
  await db.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`).catch(() => undefined)
})

/** One after the other, as deployed by somebody else between two reads of a server that was told nothing. */
interface Views {
  mv: { id: number; g: number | string; old?: string; new?: string }
}
const first = { mv: 'SELECT id, g, name AS old FROM t' }
const second = { mv: 'SELECT id, g::text || $$x$$ AS g, name AS new FROM t' }

describe('what a request asks for is compared with the view as it is, though another was known', () => {
  it.each([
    'select=new&id=eq.1',
    'select=*,twice:new&id=eq.1',
    'new=eq.n1&select=new',
    'order=new&limit=1&select=new',
    'g=eq.1x&order=id&limit=1&select=new',
  ])('over HTTP: a column that is new: %s', async (query) => {
    await apply(db, first)
    const server = serveViews(db)
    expect((await server.get('mv?select=*,id')).status).toBe(200)
    await apply(db, second)
    const response = await server.get(`mv?${query}`)
    expect({ status: response.status, rows: await response.json() }).toMatchObject({
      status: 200,
      rows: [{ new: 'n1' }],
    })
  })

  it('over HTTP: the same request, of all columns and one more, when one of them is gone', async () => {
    await apply(db, first)
    const server = serveViews(db)
    const path = 'mv?select=*,twice:id&id=eq.1'
    expect(await (await server.get(path)).json()).toEqual([{ id: 1, g: 1, old: 'n1', twice: 1 }])
    await apply(db, second)
    expect(await (await server.get(path)).json()).toEqual([{ id: 1, g: '1x', new: 'n1', twice: 1 }])
  })

  it('over HTTP: a column that is gone, or never was, is refused as what it is', async () => {
    await apply(db, first)
    const server = serveViews(db)
    expect((await server.get('mv?select=old')).status).toBe(200)
    await apply(db, second)
    for (const path of ['mv?select=old', 'mv?select=never']) {
      const response = await server.get(path)
      expect({ status: response.status, body: await response.json() }).toMatchObject({
        status: 400,
        body: { code: '42703' },
      })
    }
  })

  it('typed: values are of the type that the column has', async () => {
    await apply(db, first)
    const reader = createReader<Views>({ database: db.pool })
    const request = { where: { id: 1 } } as const
    expect((await reader.read('mv', request)).rows).toEqual([{ id: 1, g: 1, old: 'n1' }])
    await apply(db, second)
    expect((await reader.read('mv', request)).rows).toEqual([{ id: 1, g: '1x', new: 'n1' }])
    await apply(db, first)
    expect((await reader.read('mv', { select: ['g', 'old'], where: { id: 1 } })).rows).toEqual([{ g: 1, old: 'n1' }])
    await apply(db, second)
    expect((await reader.read('mv', { where: { new: 'n1', g: '1x' } })).rows).toEqual([{ id: 1, g: '1x', new: 'n1' }])
    const error = await errorOf(reader.read('mv', { select: ['old'] }))
    expect(error.code).toBe('READ_COLUMN_UNKNOWN')
  })
})

describe('what is computed is of the view as it is, though another was known', () => {
  it('asked for live, and while it is passed by: the query, the guard, and who may see it', async () => {
    const of = (gen: number, settings: object = {}) => ({
      mv: { query: `SELECT id, ${gen} AS gen FROM t`, read: { public: true, live: true, ...settings } },
    })
    await apply(db, of(1))
    const server = serveViews(db, { access: { tokens: [{ name: 'reader', token: 'the-token-of-a-reader' }] } })
    const token = { authorization: 'Bearer the-token-of-a-reader' }
    const rows = async (path: string) => (await server.get(path)).json()
    expect(await rows('mv?id=eq.1&fresh=1')).toEqual([{ id: 1, gen: 1 }])
    await apply(db, of(2))
    expect(await rows('mv?id=eq.1&fresh=1')).toEqual([{ id: 1, gen: 2 }])
    await db.query("SELECT tidemark.bypass('mv', true)")
    expect(await rows('mv?id=eq.1')).toEqual([{ id: 1, gen: 2 }])
    await apply(db, of(3, { guard: 'id > 1' }))
    expect(await rows('mv?id=lt.3')).toEqual([{ id: 2, gen: 3 }])
    await apply(db, of(4, { public: false }))
    expect((await server.get('mv?id=eq.1')).status).toBe(401)
    expect((await server.get('mv?id=eq.1&fresh=1')).status).toBe(401)
    expect(await (await server.get('mv?id=eq.1', token)).json()).toEqual([{ id: 1, gen: 4 }])
  })
})

it('over HTTP: one that was opened or closed is answered at once, though two things known of it are of different times', async () => {
  const of = (open: boolean) => ({ mv: { query: 'SELECT id FROM t', read: { public: open } } })
  await apply(db, of(true))
  const server = serveViews(db, { access: { tokens: [{ name: 'reader', token: 'the-token-of-a-reader' }] } })
  const token = { authorization: 'Bearer the-token-of-a-reader' }
  expect((await server.get('mv')).status).toBe(200)
  await apply(db, of(false))
  // A name that is not known has the list of views read anew, if that was not just done.
  await sleep(1_100)
  expect((await server.get('another')).status).toBe(401)
  expect((await server.get('mv', token)).status).toBe(200)
  expect((await server.get('mv')).status).toBe(401)
})

describe('a view that is swapped while it is read', () => {
  /** `between` runs when the state was asked, and before the rows are. */
  function interrupted(between: () => Promise<void>): Database {
    let left = 1
    return {
      query: (text, values) => db.pool.query(text, values as unknown[]) as never,
      connect: async () => {
        const client = await db.pool.connect()
        return {
          query: async (text: string, values?: unknown[]) => {
            const rows = await client.query(text, values)
            if (text.startsWith('BEGIN') && left-- > 0) await between()
            return rows
          },
          release: (destroy?: boolean) => client.release(destroy),
        } as unknown as Connection
      },
    }
  }

  it.each(['as somebody', 'in a transaction'])('%s: the rows are those of the view that is told', async (how) => {
    await apply(db, first)
    await db.query(`DROP ROLE IF EXISTS ${role}; CREATE ROLE ${role} NOLOGIN; GRANT ${role} TO CURRENT_USER;
      GRANT SELECT ON mv TO ${role}`)
    const swap = async (): Promise<void> => {
      await db.query("INSERT INTO t VALUES (7, 1, 'n7')")
      await apply(db, { mv: { query: 'SELECT id, g, upper(name) AS old FROM t', read: { guard: 'id > 5' } } })
    }
    const reader = createReader({ database: interrupted(swap) })
    const asked = how === 'as somebody' ? { role, claims: {} } : {}
    const answer = await reader.readJson({ view: 'mv', query: {}, ...asked })
    expect(JSON.parse(answer.body)).toEqual([
      { id: 6, g: 0, old: 'N6' },
      { id: 7, g: 1, old: 'N7' },
    ])
    const [now] = await db.rows<{ epoch: string }>(
      "SELECT view_id || '-' || epoch AS epoch FROM tidemark.reading WHERE view_id = tidemark.find_view('mv')",
    )
    expect(answer.epoch).toBe(now?.epoch)
  })
})
