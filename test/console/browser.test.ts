import type { Browser, BrowserContextOptions } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { buildConsole } from '../../scripts/console-build.js'
import { operator, serve } from '../http/kit.js'
import { useTestDatabase } from '../kit/index.js'
import { deploy, startTestWorker } from '../worker/kit.js'
import { findChromium, startBrowser } from './chromium.js'
import { listenLocally } from './listen.js'
import { testStates } from './states.js'
import { obstacles, openTab, type Visit } from './visits.js'

const chromium = findChromium()
const missing = chromium === undefined && process.env.CI !== 'true'
if (missing) console.warn('No chromium was found: the console is not tested in a browser.')

const db = await useTestDatabase()
let browser: Browser
let address: string
const closing: (() => Promise<unknown>)[] = []
afterAll(async () => {
  for (const close of closing.reverse()) await close()
})

beforeAll(async () => {
  if (missing) return
  if (chromium === undefined) throw new Error('CI needs a chromium, to test the console in a browser.')
  await buildConsole()
  await db.query(`create table orders (id int generated always as identity primary key, customer int not null, total int);
    insert into orders (customer, total) select i % 10, i from generate_series(1, 100) i;
    create table divisors (id int primary key, divisor int); insert into divisors values (1, 1)`)
  await deploy(db.pool, {
    mv_totals: {
      query: 'select customer, count(*) as orders, sum(total) as total from orders group by customer',
      freshness: '200ms',
      description: 'What each customer has spent',
    },
    mv_large: { query: 'select customer from mv_totals where total > 500', freshness: '1s' },
    mv_whole: { query: 'select id, total - avg(total) over () as above from orders', freshness: '1m' },
    mv_shares: { query: 'select id, 10 / divisor as share from divisors', freshness: '1m' },
  })
  const served = serve(db.url, { listen: db.url })
  closing.push(() => served.close())
  const worker = startTestWorker({ database: db.pool, listen: db.url })
  closing.push(() => worker.stop())
  // So that there is a history.
  await db.query('insert into orders (customer, total) values (1, 1)')
  await served.post('/api/views/mv_totals/refresh', operator)
  const listening = await listenLocally(served.handler.fetch)
  closing.push(() => listening.close())
  address = listening.address
  browser = await startBrowser(chromium)
  closing.push(() => browser.close())
})

/** With the token given. */
async function visit(path: string, options: BrowserContextOptions = {}): Promise<Visit> {
  return await open(`${address}#${path}`, { viewport: { width: 1280, height: 800 }, ...options })
}

async function open(url: string, options: BrowserContextOptions): Promise<Visit> {
  const token = `sessionStorage.setItem('tidemark.token', ${JSON.stringify(operator)})`
  return await openTab(browser, url, options, (context) => context.addInitScript(token))
}

const pages = [
  ['the overview', '/', 'Views'],
  ['a view', '/views/mv_totals', 'How it is maintained'],
  ['a view that is recomputed whole', '/views/mv_whole', 'How it is maintained'],
  ['a history', '/views/mv_totals/history', 'How long refreshes took'],
  ['rows', '/views/mv_totals/rows', '1–10 of 10 rows'],
  ['storage', '/views/mv_totals/storage', 'Indexes'],
  ['the lineage', '/lineage', 'changes are on their way'],
  ['the activity', '/activity', 'Hold'],
] as const

describe.skipIf(missing)('in a browser', () => {
  testStates(open)

  describe.each([
    ['light', 1280],
    ['dark', 390],
  ] as const)('in %s colours, %i pixels wide', (colorScheme, width) => {
    test.each(pages)('%s is shown, without complaints, obstacles or anything cut off', async (_, path, text) => {
      const { page, complaints, hosts } = await visit(path, { colorScheme, viewport: { width, height: 800 } })
      await page.getByText(text).first().waitFor()
      await page.getByText('Live', { exact: true }).waitFor()
      await page.waitForTimeout(300)
      expect(await obstacles(page)).toEqual([])
      const overflow = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      )
      expect(overflow).toBe(0)
      expect(await page.getByRole('heading', { level: 1 }).count()).toBe(1)
      expect(complaints).toEqual([])
      expect([...hosts]).toEqual([new URL(address).host])
    })
  })

  test('a row that is written shows up, without a reload, in rows and figures', async () => {
    const { page, complaints } = await visit('/views/mv_totals/rows')
    await page.getByText('1–10 of 10 rows').waitFor()
    await db.query('insert into orders (customer, total) values (4711, 1)')
    await page.getByText('1–11 of 11 rows').waitFor()
    await page.getByRole('cell', { name: '4711' }).waitFor()
    expect(complaints).toEqual([])
  })

  test('a refresh that fails is told at once, with what to do; and that it is well again', async () => {
    const { page } = await visit('/')
    await page.getByRole('heading', { name: 'All 4 views are fresh' }).waitFor()
    await db.query('update divisors set divisor = 0')
    await db.query(`select tidemark.request('mv_shares')`)
    await page.getByRole('heading', { name: '1 of 4 views needs attention' }).waitFor()
    await page
      .getByText(/division by zero/)
      .first()
      .waitFor()
    await page.getByRole('button', { name: 'Refresh now: mv_shares' }).focus()
    await db.query('update divisors set divisor = 2')
    await page.keyboard.press('Enter')
    // The card goes, and the button with it: the keyboard does not.
    const focused = () => page.evaluate(() => document.activeElement?.textContent)
    await expect.poll(focused, { timeout: 20_000 }).toBe('All 4 views are fresh')
    await page.getByRole('link', { name: 'mv_shares' }).first().click()
    await page.getByRole('button', { name: 'More ways to refresh' }).click()
    await page.getByRole('menuitem', { name: /Recompute everything/ }).click()
    await page.getByText('Fresh', { exact: true }).waitFor()
  })

  test('buttons do what they say, and say what came of it', async () => {
    const { page } = await visit('/views/mv_whole')
    const press = (name: string) => page.getByRole('button', { name, exact: true }).click()
    await press('Verify')
    await page.getByText('Every kept row equals the query, compared at one snapshot.').waitFor()
    await press('Pause')
    await page.getByText('It is refreshed only when that is asked for. Changes wait in the log.').waitFor()
    await press('Resume')
    await page.getByText('The worker takes in what has been waiting.').waitFor()
    await press('Bypass')
    await page.getByText('Readers are given the query itself from now on.').waitFor()
    await press('Restore kept rows')
    await page.getByText('Readers are given the kept rows again.').waitFor()
    await page.getByRole('button', { name: 'More ways to refresh' }).click()
    await page.getByRole('menuitem', { name: /Recompute everything/ }).click()
    await page
      .getByText(/recomputed whole|No change was waiting/)
      .first()
      .waitFor()
  })

  test('the graph shows what belongs to the one that was found', async () => {
    const { page, complaints } = await visit('/lineage')
    await page.getByText('2 tables, 4 views').waitFor()
    await page.keyboard.press('/')
    await page.keyboard.type('LARGE')
    await page.getByRole('option', { name: 'mv_large' }).click()
    await page.getByText('1 table, 2 views').waitFor()
    expect(page.url()).toContain('#/lineage/mv_large')
    await page.getByRole('button', { name: 'Show everything' }).click()
    await page.getByText('2 tables, 4 views').waitFor()
    expect(complaints).toEqual([])
  })

  test('a part that could not be loaded leaves the page standing, and is loaded with it when asked for', async () => {
    const { page } = await visit('/views/mv_totals')
    await page.route(/HistoryTab/, (route) => route.abort())
    await page.getByRole('tab', { name: 'History' }).click()
    await page.getByRole('heading', { name: 'This part of the page could not be shown' }).waitFor()
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('mv_totals')
    await page.unroute(/HistoryTab/)
    await page.getByRole('button', { name: 'Load the page again' }).click()
    await page.getByText('How long refreshes took').waitFor()
  })

  test('rows are filtered and sorted by the server', async () => {
    const { page } = await visit('/views/mv_totals/rows')
    await page.getByRole('button', { name: 'Filter' }).click()
    await page.getByLabel('Column').selectOption('customer')
    await page.getByLabel('Condition').selectOption('lt')
    await page.getByLabel('Value').fill('3')
    await page.getByRole('button', { name: 'Add filter' }).click()
    await page.getByText('1–3 of 3 rows').waitFor()
    await page.getByRole('button', { name: 'customer', exact: true }).click()
    await page.getByRole('button', { name: 'customer', exact: true }).click()
    await expect.poll(() => page.locator('tbody tr td:first-child').allTextContents()).toEqual(['2', '1', '0'])
  })

  test('the keyboard is enough', async () => {
    const { page } = await visit('/')
    await page.getByRole('heading', { name: 'Views', exact: true }).waitFor()
    await page.keyboard.press('?')
    await page.getByRole('dialog', { name: 'Keyboard' }).waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await page.keyboard.press('g')
    await page.keyboard.press('l')
    await page.getByRole('heading', { name: 'Lineage' }).waitFor()
    await page.keyboard.press('g')
    await page.keyboard.press('a')
    await page.getByRole('heading', { name: 'Activity' }).waitFor()
    await page.keyboard.press('g')
    await page.keyboard.press('o')
    await page.getByRole('heading', { name: 'Views', exact: true }).waitFor()
    await page.keyboard.press('/')
    await page.keyboard.type('whole')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'mv_whole' }).waitFor()
    await page.keyboard.press('Tab')
    const outline = await page.evaluate(() => getComputedStyle(document.activeElement ?? document.body).outlineStyle)
    expect(outline).toBe('solid')
  })

  test('what was pressed is still where the keyboard is, whatever it did', async () => {
    const { page } = await visit('/views/mv_totals')
    const focused = () => page.evaluate(() => document.activeElement?.textContent || document.activeElement?.ariaLabel)
    const press = async (name: string, then: string, said: RegExp): Promise<void> => {
      await page.getByRole('button', { name, exact: true }).focus()
      await page.keyboard.press('Enter')
      expect(await focused()).toBe(name)
      await page.getByText(said).first().waitFor()
      await expect.poll(focused).toBe(then)
    }
    await press('Refresh', 'Refresh', /Nothing to do|Refreshed in/)
    await page.getByRole('button', { name: 'Close this message' }).focus()
    await page.keyboard.press('Enter')
    await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe('main')
    await press('Pause', 'Resume', /only when that is asked for/)
    await press('Resume', 'Pause', /takes in what has been waiting/)
    await press('Bypass', 'Restore kept rows', /given the query itself/)
    await press('Restore kept rows', 'Bypass', /given the kept rows again/)
  })

  test('the keyboard is not lost with what it has put away, nor led below the head of the page', async () => {
    await db.query("select tidemark.refresh('mv_whole')")
    const { page } = await visit('/views/mv_whole/rows', { viewport: { width: 1280, height: 400 } })
    await page.getByRole('button', { name: 'Next rows' }).focus()
    await page.keyboard.press('Enter')
    await page.getByText(/^51–100 of/).waitFor()
    await page.keyboard.press('Enter')
    await page.getByText(/^101–10\d of/).waitFor()
    const focused = () => page.evaluate(() => document.activeElement?.ariaLabel || document.activeElement?.textContent)
    expect(await focused()).toBe('Next rows')
    await page.keyboard.press('Enter')
    await page.waitForTimeout(200)
    await page.getByText(/^101–10\d of/).waitFor()
    await page.evaluate(() => window.scrollTo(0, document.body.scrollHeight))
    await page.getByRole('region', { name: 'Rows' }).focus()
    await page.keyboard.press('Tab')
    const top = await page.evaluate(() => document.activeElement?.getBoundingClientRect().top)
    expect(top).toBeGreaterThan(56)
    await page.getByRole('button', { name: 'Filter' }).click()
    await page.getByLabel('Value').fill('3')
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Remove the filter on id' }).focus()
    await page.keyboard.press('Enter')
    await expect.poll(focused).toBe('Filter')
    await page.keyboard.press('g')
    await page.keyboard.press('o')
    await page.getByRole('heading', { name: 'Views', exact: true }).waitFor()
    await page.keyboard.press('/')
    await page.keyboard.type('nothing of the kind')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await expect.poll(focused).toBe('Search views')
  })

  test('what a code means is in the console itself', async () => {
    const { page } = await visit('/views/mv_whole')
    await page.getByRole('button', { name: 'window_over_everything' }).first().click()
    await page
      .getByRole('dialog')
      .getByText(/window/)
      .first()
      .waitFor()
  })

  test('a token is asked for, and the one that is given is used', async () => {
    const context = await browser.newContext()
    onTestFinished(() => context.close())
    const page = await context.newPage()
    await page.goto(address)
    await page.getByRole('textbox', { name: 'Token' }).fill('not the right one')
    await page.keyboard.press('Enter')
    await page.getByText(/The last one was refused/).waitFor()
    await page.getByRole('textbox', { name: 'Token' }).fill(operator)
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Views', exact: true }).waitFor()
    await page.getByText('Live', { exact: true }).waitFor()
  })

  test('a server that is away is said to be, and found again', async () => {
    const { page } = await visit('/')
    await page.getByText('Live', { exact: true }).waitFor()
    await page.context().setOffline(true)
    await page.evaluate(() => window.dispatchEvent(new Event('online')))
    await page.getByText('Reconnecting').waitFor()
    await page.context().setOffline(false)
    await page.getByText('Live', { exact: true }).waitFor()
  })
})
