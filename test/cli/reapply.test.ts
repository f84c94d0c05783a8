import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Outcome, reapply } from '../../src/cli/dev/reapply.js'
import { loadConfig } from '../../src/define/load-config.js'
import { reset } from '../deploy/support.js'
import { useTestDatabase } from '../kit/index.js'

const db = await useTestDatabase()
let directory: string
let outcomes: Outcome[]
let stop: () => Promise<void>

beforeEach(async () => {
  await reset(db)
  await db.query(
    'CREATE TABLE t (id int PRIMARY KEY, g int); INSERT INTO t SELECT i, i % 5 FROM generate_series(1, 100) i',
  )
  directory = await mkdtemp(join(tmpdir(), 'tidemark-dev-'))
  await mkdir(join(directory, 'views'))
  outcomes = []
})

afterEach(async () => {
  await stop()
  await rm(directory, { recursive: true, force: true })
})

const config = (views: string) => `export default { views: [${views}] }`
const one = "{ name: 'mv', query: './views/mv.sql' }"

async function save(name: string, text: string): Promise<void> {
  await writeFile(join(directory, name), text)
}

async function start(mayLose: boolean): Promise<void> {
  const controller = new AbortController()
  const done = reapply({
    loaded: await loadConfig(directory),
    database: db.pool,
    mayLose,
    signal: controller.signal,
    onOutcome: (outcome) => outcomes.push(outcome),
  })
  stop = async () => {
    controller.abort()
    await done
  }
}

const kinds = () => outcomes.map(({ kind }) => kind)
const groups = () => db.rows('SELECT * FROM mv ORDER BY 1 LIMIT 1')

test('what is saved is applied, whether a query or the configuration', async () => {
  await save('tidemark.config.ts', config(one))
  await save('views/mv.sql', 'SELECT g, count(*) AS n FROM t GROUP BY g')
  await start(true)
  await expect.poll(kinds).toEqual(['applied'])
  expect(await groups()).toEqual([{ g: 0, n: '20' }])
  await save('views/mv.sql', 'SELECT g, count(*) + 1 AS n FROM t GROUP BY g')
  await expect.poll(kinds).toEqual(['applied', 'applied'])
  expect(await groups()).toEqual([{ g: 0, n: '21' }])
  await save(
    'tidemark.config.ts',
    config(`${one}, { name: 'second', query: 'SELECT g, max(id) AS last FROM t GROUP BY g' }`),
  )
  await expect.poll(kinds).toEqual(['applied', 'applied', 'applied'])
  expect(await db.rows('SELECT last FROM second WHERE g = 0')).toEqual([{ last: 100 }])
  await save('tidemark.config.ts', config(one))
  await expect.poll(() => kinds().length).toBe(4)
  expect(await db.rows("SELECT to_regclass('second') AS gone")).toEqual([{ gone: null }])
})

test('what is wrong is told, leaves what is deployed, and is right again once it is saved so, or a table is made', async () => {
  await save('tidemark.config.ts', config(one))
  await save('views/mv.sql', 'SELECT g, count(*) AS n FROM t GROUP BY g')
  await start(true)
  await expect.poll(kinds).toEqual(['applied'])
  await save('views/mv.sql', 'SELECT g, count(*) AS n FROMM t GROUP BY g')
  await expect.poll(() => outcomes.at(-1)).toMatchObject({ kind: 'failed', error: { code: 'QUERY_INVALID' } })
  expect(await groups()).toEqual([{ g: 0, n: '20' }])
  await save('tidemark.config.ts', 'export default {')
  await expect.poll(() => outcomes.at(-1)).toMatchObject({ error: { code: 'CONFIG_INVALID' } })
  await save('tidemark.config.ts', config(one))
  await save('views/mv.sql', 'SELECT g, count(*) AS n FROM later GROUP BY g')
  await expect.poll(() => JSON.stringify(outcomes.at(-1))).toContain('later')
  const before = outcomes.length
  await db.query('CREATE TABLE later (id int PRIMARY KEY, g int); INSERT INTO later VALUES (1, 7)')
  await expect.poll(kinds).toHaveLength(before + 1)
  expect(outcomes.at(-1)?.kind).toBe('applied')
  expect(await groups()).toEqual([{ g: 7, n: '1' }])
})

test('on a database of the user nothing is dropped', async () => {
  await save('tidemark.config.ts', config(one))
  await save('views/mv.sql', 'SELECT g, count(*) AS n FROM t GROUP BY g')
  await start(false)
  await expect.poll(kinds).toEqual(['applied'])
  await save('tidemark.config.ts', config(''))
  await expect.poll(() => outcomes.at(-1)).toMatchObject({ kind: 'held back', changes: [{ destructive: true }] })
  expect(await groups()).toEqual([{ g: 0, n: '20' }])
})
