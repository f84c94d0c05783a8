/**
 * Conditions made of whatever could leave its place in a statement: what is read is what the same condition says in
 * JavaScript of the same rows, or nothing and a clear error; and nothing else happens.
 */
import fc from 'fast-check'
import { Hono } from 'hono'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Connection, Database } from '../../src/engine/database.js'
import { createHandler } from '../../src/http/index.js'
import { createReader, type JsonAnswer } from '../../src/read/index.js'
import type { Condition } from '../../src/read/query.js'
import { apply } from '../deploy/support.js'
import { patient } from '../http/kit.js'
import { printQuery } from '../http/rest/print.js'
import { useTestDatabase } from '../kit/index.js'
import {
  condition,
  expected,
  fate,
  names,
  owner,
  path,
  present,
  type Row,
  rows,
  tamed,
  text,
  typed,
} from './hostile.js'

const db = await useTestDatabase()
const role = `hostile_${db.name}`

/** What was sent, as it was sent. */
const sent: { text: string; values: readonly unknown[] | undefined }[] = []

function recording(connection: Pick<Connection, 'query'>): Pick<Connection, 'query'>['query'] {
  return ((statement: string, values?: readonly unknown[]) => {
    sent.push({ text: statement, values })
    return connection.query(statement, values)
  }) as Connection['query']
}

const database: Database = {
  query: recording(db.pool as unknown as Connection),
  connect: async () => {
    const connection = (await db.pool.connect()) as unknown as Connection
    return { query: recording(connection), release: (broken?: boolean) => connection.release(broken) } as Connection
  },
} as Database

const reader = createReader({ database, statementTimeoutMs: false })

async function canaries(): Promise<unknown> {
  return db.rows(`SELECT last_value, is_called, (SELECT md5(string_agg(h::text, ',' ORDER BY id)) FROM hostile h) AS hostile,
    (SELECT md5(string_agg(k::text, ',' ORDER BY id)) FROM tidemark_data.mv_hostile k) AS kept,
    (SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace) AS relations,
    (SELECT md5(r::text) FROM pg_roles r WHERE rolname = '${role}') AS role FROM canary`)
}

let before: unknown

beforeAll(async () => {
  const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`
  const columns = [...names, owner].map((name) => `${identifier(name)} text COLLATE "C"`)
  await db.query(`CREATE SEQUENCE canary; GRANT ALL ON SEQUENCE canary TO PUBLIC;
    CREATE TABLE hostile (id bigint PRIMARY KEY, ${columns.join(', ')})`)
  for (const { id, values } of rows) {
    const all = [id, ...[...names, owner].map((name) => values[name])]
    await db.query(`INSERT INTO hostile VALUES (${all.map((_, index) => `$${index + 1}`).join(', ')})`, all)
  }
  await apply(db, { mv_hostile: { query: 'SELECT * FROM hostile', key: ['id'] } })
  await db.query(`CREATE ROLE ${role};
    ALTER VIEW mv_hostile SET (security_invoker = true);
    GRANT USAGE ON SCHEMA tidemark_data TO ${role};
    GRANT SELECT ON mv_hostile, tidemark_data.mv_hostile TO ${role};
    ALTER TABLE tidemark_data.mv_hostile ENABLE ROW LEVEL SECURITY;
    CREATE POLICY own ON tidemark_data.mv_hostile FOR SELECT TO ${role}
      USING (${identifier(owner)} = current_setting('request.jwt.claims', true)::json ->> 'owner')`)
  before = await canaries()
})

afterAll(async () => {
  await db.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`)
})

const asked = (where: Condition) => ({
  view: 'mv_hostile',
  query: { where, select: [{ source: path('id') }], order: [{ column: path('id'), descending: false }] },
})
const idsOf = ({ body }: JsonAnswer): number[] => (JSON.parse(body) as { id: number }[]).map(({ id }) => id)

/** The rows, or the code of an error that is the fault of what was asked for. */
async function outcome(work: Promise<number[]>): Promise<number[] | 'refused'> {
  return work.catch((error: { code?: string; message: string }) => {
    expect({ code: error.code, message: error.message }).toMatchObject({ code: 'READ_INVALID' })
    return 'refused' as const
  })
}

function expectRight(got: number[] | 'refused', where: Condition, among?: readonly Row[]): void {
  const fated = fate(where)
  if (fated === 'unsure') return
  expect(got).toEqual(fated === 'wrong' ? 'refused' : expected(where, among))
}

describe('a condition made of hostile names and values', () => {
  it('finds the rows that it names, in one statement whose text has nothing of the values', async () => {
    let found = 0
    await reader.readJson(asked({ kind: 'is', column: path('id'), truth: 'null' }))
    await fc.assert(
      fc.asyncProperty(condition, async (where) => {
        // So that it looks both times whether something is pending.
        reader.invalidate('mv_hostile')
        sent.length = 0
        const got = await outcome(reader.readJson(asked(where)).then(idsOf))
        expectRight(got, where)
        if (got !== 'refused' && got.length > 0) found++
        const own = sent.filter(({ text: statement }) => !statement.startsWith('SELECT tidemark.describe('))
        // With values beside it, PostgreSQL takes one statement and no more.
        expect(own.map(({ values }) => (values?.length ?? 0) > 0)).toEqual([true])
        reader.invalidate('mv_hostile')
        sent.length = 0
        await reader.readJson(asked(tamed(where)))
        expect(own[0]?.text).toBe(
          sent.find(({ text: statement }) => !statement.startsWith('SELECT tidemark.describe('))?.text,
        )
      }),
      { numRuns: 300 },
    )
    // Else it would be about nothing.
    expect(found).toBeGreaterThan(60)
  })

  it('does so by the typed API', async () => {
    let found = 0
    await fc.assert(
      fc.asyncProperty(condition, async (where) => {
        const { filter, meant } = typed(where)
        const request = { select: ['id'], where: filter, order: [{ column: 'id' }] }
        const got = await outcome(
          reader
            .read('mv_hostile', request as never)
            .then((read) => read.rows.map((row) => Number((row as { id: string }).id))),
        )
        expectRight(got, meant)
        if (got !== 'refused' && got.length > 0) found++
      }),
      { numRuns: 200 },
    )
    expect(found).toBeGreaterThan(40)
  })

  it('does so as a role, among the rows that its claims open, whatever is in them', async () => {
    const owners = [...new Set(rows.flatMap(({ values }) => values[owner] ?? []))]
    let found = 0
    await fc.assert(
      fc.asyncProperty(
        condition,
        fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...owners) }, { weight: 1, arbitrary: text }),
        text,
        async (where, who, key) => {
          const claims = { owner: who, ...(key === 'owner' ? {} : { [key]: key }) }
          const got = await outcome(reader.readJson({ ...asked(where), role, claims }).then(idsOf))
          // Claims that PostgreSQL cannot read open nothing.
          if (`${who}${key}`.includes('\0')) return expect(got === 'refused' || got.length === 0).toBe(true)
          const own = rows.filter(({ values }) => values[owner] === who)
          expectRight(got, where, own)
          if (got !== 'refused' && got.length > 0) found++
        },
      ),
      { numRuns: 200 },
    )
    expect(found).toBeGreaterThan(20)
  })

  it('does so over HTTP, as nobody and as a role', async () => {
    const handler = createHandler({
      database: db.pool,
      console: false,
      limits: patient,
      access: {
        authorize: (request) => {
          const who = request.headers.get('x-owner')
          return who === null || { role, claims: { owner: decodeURIComponent(who) } }
        },
      },
    })
    const app = new Hono().mount('/', handler.fetch)
    let found = 0
    await fc.assert(
      fc.asyncProperty(condition, fc.option(fc.constantFrom(...present), { freq: 2 }), async (where, who) => {
        const { query } = asked(where)
        const address = `http://localhost/rest/v1/mv_hostile?${printQuery({ ...query, fresh: false, defaults: true })}`
        const answer = await app.request(address, {
          headers: who === null ? {} : { 'x-owner': encodeURIComponent(who) },
        })
        const body = await answer.json()
        if (answer.status !== 200)
          expect([answer.status, body]).toEqual([
            400,
            expect.objectContaining({ code: expect.stringMatching(/^(PGRST100|22...|42...)$/) }),
          ])
        const got = answer.status === 200 ? (body as { id: number }[]).map(({ id }) => id) : 'refused'
        expectRight(got, where, who === null ? rows : rows.filter(({ values }) => values[owner] === who))
        if (got !== 'refused' && got.length > 0) found++
      }),
      { numRuns: 200 },
    )
    await handler.close()
    expect(found).toBeGreaterThan(20)
  })

  it('with names that the view does not have, is refused by name', async () => {
    await fc.assert(
      fc.asyncProperty(text, async (name) => {
        fc.pre(name !== 'id' && name !== owner && !names.includes(name))
        const where = { kind: 'compare', column: path(name), operator: 'eq', values: ['1'] } as const
        await expect(reader.readJson(asked(where))).rejects.toMatchObject({ code: 'READ_COLUMN_UNKNOWN' })
        await expect(reader.readJson({ ...asked(where), role: name })).rejects.toMatchObject({
          code: expect.stringMatching(/^(READ_COLUMN_UNKNOWN|PRIVILEGE_MISSING)$/),
        })
        await expect(reader.describe(`mv_hostile${name === '' ? "'" : name}`)).rejects.toMatchObject({
          code: 'UNKNOWN_VIEW',
        })
      }),
      { numRuns: 100 },
    )
  })

  it('leaves everything as it was', async () => {
    expect(await canaries()).toEqual(before)
    // The canary does sing: a sequence keeps what a transaction takes back.
    await db.query("BEGIN; SELECT nextval('canary'); ROLLBACK")
    expect(await canaries()).not.toEqual(before)
  })
})
