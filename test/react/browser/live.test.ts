import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { useTestDatabase } from '../../kit/index.js'
import { deploy, startTestWorker, type TestWorker } from '../../worker/kit.js'
import { findChromium, launchChromium, missing } from './chromium.js'
import { buildPage, liveOrders, Site } from './site.js'

const found = findChromium() !== undefined
if (!found && process.env.CI !== 'true') console.warn(`Tests in a browser are skipped. ${missing}`)

const db = await useTestDatabase()

// In CI it fails where there is none: what is never run proves nothing.
describe.skipIf(!found && process.env.CI !== 'true')('a page in a browser', () => {
  let browser: Browser
  let site: Site
  let worker: TestWorker
  let removePage = async () => {}
  let page: Page
  const complaints: string[] = []

  beforeAll(async () => {
    browser = await launchChromium()
    const built = await buildPage()
    removePage = built.remove
    await db.query(liveOrders.table)
    await db.query('INSERT INTO orders SELECT n, n % 3 FROM generate_series(1, 30) n')
    await deploy(db.pool, { live_orders: { query: liveOrders.query, freshness: '100ms' } })
    worker = startTestWorker({ database: db.pool, listen: db.url })
    site = new Site(db.url, built.folder)
    await site.start()
  })

  afterAll(async () => {
    await browser?.close()
    await site?.stop()
    await worker?.stop()
    await deploy(db.pool, {})
    await removePage()
  })

  beforeEach(async () => {
    page = await browser.newPage()
    complaints.length = 0
    page.on('pageerror', (error) => complaints.push(error.message))
    await page.goto(site.url)
    await shows(await orders())
    // To be told by if it were loaded anew.
    await page.evaluate(() => Object.assign(window, { sameDocument: true }))
  })

  afterEach(async () => {
    expect(complaints).toEqual([])
    expect(await page.evaluate(() => 'sameDocument' in window)).toBe(true)
    await page.close()
  })

  async function orders(): Promise<number> {
    const [row] = await db.rows<{ count: number }>('SELECT count(*)::int AS count FROM orders')
    return row?.count ?? 0
  }

  async function write(): Promise<void> {
    await db.query('INSERT INTO orders SELECT max(id) + 1, 1 FROM orders')
  }

  async function text(selector: string): Promise<string> {
    return (await page.textContent(selector)) ?? ''
  }

  async function shows(count: number): Promise<void> {
    await page.waitForFunction((expected) => document.querySelector('#count')?.textContent === String(expected), count)
  }

  async function secondsShown(): Promise<number> {
    return Number(/^Updated (\d+) s ago$/.exec(await text('time'))?.[1])
  }

  test('shows a row that was committed, without being loaded again', async () => {
    for (let written = 0; written < 3; written++) {
      await write()
      await shows(await orders())
    }
  })

  test('stands at 0 s, and ticks when the view falls behind; the button refreshes it', async () => {
    await page.waitForTimeout(2_500)
    expect(await secondsShown()).toBe(0)
    await db.query(`SELECT tidemark.pause('live_orders')`)
    try {
      const before = await orders()
      await write()
      // It goes on by itself; on a busy machine, not each second is seen.
      for (let from = 0, ticks = 0; ticks < 3; ticks++, from = await secondsShown()) {
        await expect.poll(secondsShown).toBeGreaterThan(from)
      }
      expect(await text('#count')).toBe(String(before))
      await page.click('button')
      await shows(before + 1)
      await expect.poll(secondsShown).toBe(0)
    } finally {
      await db.query(`SELECT tidemark.resume('live_orders')`)
    }
  })

  test('says that the server is gone, and misses nothing of what happened meanwhile', async () => {
    await site.stop()
    await page.waitForSelector('[data-state=offline]')
    for (let written = 0; written < 3; written++) await write()
    await expect.poll(async () => (await db.rows('SELECT FROM live_orders')).length).toBe(3)
    await site.start()
    const expected = await orders()
    await shows(expected)
    await page.waitForSelector('[data-state=live]')
    await write()
    await shows(expected + 1)
  })
})
