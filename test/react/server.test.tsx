import { screen } from '@testing-library/react'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createHandler, type Handler } from '../../src/http/index.js'
import { Freshness, RefreshButton } from '../../src/react/index.js'
import { patient } from '../http/kit.js'
import { useTestDatabase } from '../kit/index.js'
import { deploy, startTestWorker, type TestWorker } from '../worker/kit.js'
import { Rows, usePage } from './kit/page.js'

/** The same hooks with the server and the database that they are made for. */
const db = await useTestDatabase()
const page = usePage()
const token = 'the-token-of-a-page-in-a-test'
let handler: Handler
let worker: TestWorker

beforeAll(async () => {
  await db.query('CREATE TABLE sales (id int PRIMARY KEY, shop text, "odd, name" int, tags text[])')
  await deploy(db.pool, {
    mv_sales: {
      query: 'SELECT shop, count(*)::int AS sales FROM sales GROUP BY shop',
      freshness: '100ms',
    },
    mv_each: { query: 'SELECT id, shop, "odd, name", tags FROM sales', key: ['id'], freshness: '100ms' },
  })
  worker = startTestWorker({ database: db.pool, listen: db.url })
  handler = createHandler({
    database: db.pool,
    listen: db.url,
    access: { tokens: [{ name: 'page', token, actions: ['read', 'freshness', 'refresh'] }] },
    limits: patient,
  })
})

afterAll(async () => {
  await handler.close()
  await worker.stop()
  await deploy(db.pool, {})
})

beforeEach(async () => {
  await db.query('TRUNCATE sales')
  await db.query(`INSERT INTO sales VALUES (1, 'north', 1, '{a,b}'), (2, 'a,"b)', 2, '{"c,d"}'), (3, NULL, 3, NULL)`)
  await db.query(`SELECT tidemark.refresh('mv_sales'), tidemark.refresh('mv_each')`)
})

/** In the same process: a request needs no socket. */
const served: typeof fetch = async (input, init) =>
  handler.fetch(new Request(new URL(String(input), 'http://localhost'), init))

test('a row that is written is shown', async () => {
  page.show(<Rows view="mv_sales" query={{ where: { shop: 'north' } }} />, { url: '', fetch: served, token })
  await page.shows('mv_sales: [{"shop":"north","sales":1}]')
  await db.query(`INSERT INTO sales VALUES (4, 'north')`)
  await page.shows('mv_sales: [{"shop":"north","sales":2}]')
  await db.query(`DELETE FROM sales WHERE id IN (1, 4)`)
  await page.shows('mv_sales: []')
})

test.each<[object, number[]]>([
  [{ where: { shop: 'a,"b)' } }, [2]],
  [{ where: { shop: ['a,"b)', 'north'] } }, [1, 2]],
  [{ where: { shop: null } }, [3]],
  [{ where: { shop: { not: { is: null } } } }, [1, 2]],
  [{ where: { 'odd, name': { gt: 1 } } }, [2, 3]],
  [{ where: { or: [{ shop: 'a,"b)' }, { 'odd, name': 3, id: { lt: 9 } }] } }, [2, 3]],
  [{ where: { not: { or: [{ id: 1 }, { shop: null }] } } }, [2]],
  [{ where: { id: { not: { gt: 1, lt: 3 } } } }, [1, 3]],
  [{ where: { tags: { cs: ['c,d'] } } }, [2]],
  [{ where: { tags: { ov: ['a', 'x'] } } }, [1]],
  [{ where: { id: [] } }, []],
  [{ order: [{ column: 'shop', nulls: 'first' }, 'id'], limit: 2 }, [3, 2]],
  [{ order: 'odd, name.desc', limit: 1, offset: 1 }, [2]],
])('what is asked for by %j is what the server understands', async (query, ids) => {
  page.show(<Rows view="mv_each" query={{ order: 'id', ...query, select: ['id'] }} />, {
    url: '',
    fetch: served,
    token,
  })
  await page.shows(`mv_each: ${JSON.stringify(ids.map((id) => ({ id })))}`)
})

test('a view is as fresh as the server says, and a button makes it so', async () => {
  await db.query(`SELECT tidemark.pause('mv_sales')`)
  try {
    page.show(
      [
        <Rows key="1" view="mv_sales" query={{ where: { shop: 'north' } }} />,
        <Freshness key="2" view="mv_sales" />,
        <RefreshButton key="3" view="mv_sales" />,
      ],
      { url: '', fetch: served, token },
    )
    await page.shows('mv_sales: [{"shop":"north","sales":1}]')
    await db.query(`INSERT INTO sales VALUES (4, 'north')`)
    await expect.poll(() => screen.getByText(/^Updated/).textContent).not.toBe('Updated 0 s ago')
    await page.shows('mv_sales: [{"shop":"north","sales":1}]')
    screen.getByRole('button').click()
    await page.shows('mv_sales: [{"shop":"north","sales":2}]')
    await page.shows('Updated 0 s ago')
  } finally {
    await db.query(`SELECT tidemark.resume('mv_sales')`)
  }
})

test('what is not allowed is said', async () => {
  page.show([<Rows key="1" view="mv_sales" />, <RefreshButton key="2" view="mv_sales" />], { url: '', fetch: served })
  await page.shows(/^mv_sales: none but .+/)
  screen.getByRole('button').click()
  await expect.poll(() => screen.getByRole('alert').textContent).toMatch(/credentials/)
})
