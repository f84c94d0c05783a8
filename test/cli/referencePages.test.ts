/** docs/reference/errors.md and reasons.md, and the code, held together in both directions. */
import { readFileSync } from 'node:fs'
import { Pool } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { normaliseConfig } from '../../src/define/normalise-config.js'
import { explainViews } from '../../src/deploy/index.js'
import { errorCodes } from '../../src/protocol/errors.js'
import { useTestDatabase } from '../kit/index.js'

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

/** The part of a page under one heading of the second level, by the headings of the third. */
function sections(page: string, chapter?: string): Map<string, string> {
  const chapters = page.split('\n## ')
  const text = chapter === undefined ? page : (chapters.find((part) => part.startsWith(`${chapter}\n`)) ?? '')
  return new Map(
    text
      .split('\n### ')
      .slice(1)
      .map((part) => [part.slice(1, part.indexOf('`\n')), part.slice(part.indexOf('\n')).split('\n## ')[0] ?? '']),
  )
}

describe('errors.md', () => {
  const documented = sections(read('docs/reference/errors.md'))

  test('has every code once, in the order of the code', () => {
    expect([...documented.keys()]).toEqual(Object.keys(errorCodes))
  })

  test.each(Object.entries(errorCodes))('%s means the same there, and says what to do', (code, meaning) => {
    const text = documented.get(code) ?? ''
    expect(text.trim().split('\n\n')[0]).toBe(meaning)
    expect(text).toMatch(/\n\*\*What to do:\*\* \S/)
  })
})

const page = read('docs/reference/reasons.md')
const db = await useTestDatabase()
const role = `restricted_${db.name.replace(/\W/g, '')}`
/** As a role to which row-level security applies. */
const restricted = new Pool({
  connectionString: Object.assign(new URL(db.url), { username: role, password: 'secret' }).href,
  max: 2,
})

describe('reasons.md', () => {
  const reasons = sections(page, 'Reasons')
  const slices = sections(page, 'Slices instead of deltas')
  const [inCode, slicesInCode] = ['ReasonCode', 'SliceReasonCode'].map((type) => {
    const [, union = ''] =
      new RegExp(`type ${type} =\\n((?: {2}\\| '\\w+'\\n)+)`).exec(read('src/compiler/reasons.ts')) ?? []
    return [...union.matchAll(/'(\w+)'/g)].map(([, code]) => code ?? '')
  }) as [string[], string[]]

  beforeAll(async () => {
    const [, setUp = ''] = /```sql\n(.*?)```/s.exec(page) ?? []
    await db.query(setUp)
    await db.query(`create role ${role} login password 'secret'; grant select on papers to ${role};
      alter table papers enable row level security`)
  })

  afterAll(async () => {
    await restricted.end()
    await db.query(`drop owned by ${role}; drop role ${role}`)
  })

  test('has every reason once, in the order of the code', () => {
    expect([...reasons.keys()]).toEqual([...inCode, 'native_matview'])
  })

  test.each([...reasons])('%s is what its example gives, and not what is to be written instead', async (code, text) => {
    expect(text).toMatch(/\n\*\*Instead:\*\* \S/)
    const [query = '', instead] = [...text.matchAll(/```sql\n(.*?)```/gs)].map(([, sql]) => sql ?? '')
    const explained = await explain(code, query)
    expect(explained?.sources.map((source) => source.code)).toContain(code)
    expect(explained?.incremental).toBe(false)
    for (const { maintenance, hint } of explained?.sources ?? []) {
      if (maintenance === 'full') expect(hint).toMatch(/\S/)
    }
    // What these say is nothing that a query could say otherwise.
    expect(instead === undefined).toBe(['foreign_table', 'row_security', 'native_matview'].includes(code))
    if (instead === undefined) return
    const mended = await explain(code, instead)
    expect(mended?.sources.filter(({ maintenance }) => maintenance === 'full')).toEqual([])
    expect(mended?.incremental).toBe(true)
  })

  test('has every reason for slices once, in the order of the code', () => {
    expect(slicesInCode).not.toEqual([])
    expect([...slices.keys()]).toEqual(slicesInCode)
  })

  test.each([...slices])(
    '%s is why its example has slices, and what is to be written instead deltas',
    async (code, text) => {
      expect(text).toMatch(/\n\*\*Instead:\*\* \S/)
      const [query = '', instead = ''] = [...text.matchAll(/```sql\n(.*?)```/gs)].map(([, sql]) => sql ?? '')
      const explained = await explain(code, query)
      expect(explained?.incremental).toBe(true)
      expect(explained?.sources.map(({ maintenance }) => maintenance)).toContain('slice')
      expect(explained?.sources.flatMap(({ whyNotDelta }) => whyNotDelta?.code ?? [])).toContain(code)
      for (const { whyNotDelta } of explained?.sources ?? []) expect(whyNotDelta?.hint ?? 'none').toMatch(/\S/)
      const mended = await explain(code, instead)
      expect(mended?.sources.filter(({ maintenance }) => maintenance !== 'delta')).toEqual([])
    },
  )

  async function explain(code: string, query: string) {
    const storage = code === 'native_matview' ? 'matview' : 'table'
    const { views } = normaliseConfig({ views: [{ name: 'mv', query, storage, key: await columnsOf(query) }] })
    const [explained] = await explainViews(code === 'row_security' ? restricted : db.pool, views)
    return explained
  }

  test('has every advice that is given', () => {
    const given = ['src/compiler/plan/advice.ts', 'src/compiler/analyze/lint.ts'].flatMap((path) =>
      [...read(path).matchAll(/code: '(\w+)'/g)].map(([, code]) => code ?? ''),
    )
    expect([...sections(page, 'Advice').keys()].sort()).toEqual([...new Set(given)].sort())
  })
})

/** Any key does: it is the reason that matters here. */
async function columnsOf(query: string): Promise<string[]> {
  const client = await db.connect()
  await client.query(`create temporary view probe as ${query}`)
  const { rows } = await client.query<{ name: string }>(
    `select attname as name from pg_attribute where attrelid = 'pg_temp.probe'::regclass and attnum > 0 order by attnum`,
  )
  await client.end()
  return rows.map((row) => row.name)
}
