/** The console in states that are hard to bring about: beside answers that are made up, and with nothing to show. */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { BrowserContextOptions } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { operator, serve } from '../http/kit.js'
import { createTestDatabase } from '../kit/index.js'
import { type SceneOptions, sceneOf } from './fixtures/scene.js'
import { serveScene } from './fixtures/server.js'
import { listenLocally } from './listen.js'
import { obstacles, type Visit } from './visits.js'

export type Open = (url: string, options: BrowserContextOptions) => Promise<Visit>

/** What a page says when it is all there. */
type Shown = readonly [name: string, path: string, text: string | RegExp]

const scenes: readonly (readonly [name: string, options: SceneOptions, pages: readonly Shown[]])[] = [
  ['no views', { views: 0 }, [['the overview', '/', 'No views are deployed yet']]],
  ['one view', { views: 1 }, [['the overview', '/', 'The view is fresh']]],
  [
    'views in every kind of trouble',
    { views: 9, broken: 6, unsaved: true },
    [
      ['the overview', '/', 'What is wrong'],
      ['the lineage', '/lineage', '5 tables, 9 views'],
      ['the activity', '/activity', 'Alert: quarantined'],
      ['a quarantined view', '/views/mv_order_totals', 'It is tried only once an hour now.'],
      ['what a failing view went through', '/views/mv_customer_totals/history', /failed/],
      ['a paused view', '/views/reporting.mv_invoice_totals', 'Nobody refreshes it.'],
      ['a bypassed view', '/views/finance.mv_session_totals', 'Readers are given the query itself'],
      ['a view that is being built', '/views/mv_ticket_totals', 'Its rows are computed for the first time.'],
    ],
  ],
  [
    '200 views',
    { views: 200, broken: 12 },
    [
      ['the overview', '/', /of 200 views need attention/],
      ['the lineage', '/lineage', '8 tables, 200 views'],
      ['what belongs to one table', '/lineage/orders', 'Show everything'],
      ['the activity', '/activity', 'Hold'],
    ],
  ],
]

/** Databases that there is nothing to be shown of. */
const unwell: readonly (readonly [name: string, url: () => Promise<string>, text: string])[] = [
  ['nothing is deployed', async () => (await createTestDatabase()).url, 'npx tidemark apply'],
  ['the database is away', async () => 'postgres://me@127.0.0.1:1/nowhere', 'The server is there, its database is not'],
]

const looks = [
  ['light', 1280],
  ['dark', 390],
] as const

/** @param open opens a page, with the token of the server that is not made up. */
export function testStates(open: Open): void {
  describe.each(scenes)('with %s', (_, options, pages) => {
    const address = useScene(options)
    describe.each(looks)('in %s colours, %i pixels wide', (colorScheme, width) => {
      test.each(pages)('%s is shown, without complaints, obstacles or anything cut off', async (_name, path, text) => {
        const visit = await open(`${address()}#${path}`, { colorScheme, viewport: { width, height: 800 } })
        await visit.page.getByText('Live', { exact: true }).waitFor()
        await expectGood(visit, text)
        expect(visit.complaints).toEqual([])
      })
    })
  })

  describe.each(unwell)('where %s', (_, database, text) => {
    const address = useServer(database)
    describe.each(looks)('in %s colours, %i pixels wide', (colorScheme, width) => {
      test.each([['/'], ['/lineage'], ['/activity']])('%s says so, and what to do', async (path) => {
        await expectGood(await open(`${address()}#${path}`, { colorScheme, viewport: { width, height: 800 } }), text)
      })
    })
  })

  describe('a history', () => {
    const address = useScene({ views: 9 })
    // One that nothing happens to meanwhile.
    const path = '/views/reporting.mv_invoice_totals/history'

    test('has charts with names that say what they show, the newest value included', async () => {
      const { page } = await open(`${address()}#${path}`, { viewport: { width: 1280, height: 800 } })
      const period = String.raw`, 30 runs from \d\d:\d\d:\d\d to \d\d:\d\d:\d\d: `
      for (const [title, value] of [
        ['How long refreshes took', 'median .* ms, .* the last .* ms$'],
        ['How old rows became', 'before the last refresh .* at most, after it .*; the target is 1.min$'],
        ['Rows changed', String.raw`[\d,]+ rows written in 30 runs, \d+ in the last$`],
        ['Slices recomputed', String.raw`median \d+, .* the last \d+$`],
      ]) {
        await page.getByRole('application', { name: new RegExp(`^${title}${period}${value}`) }).waitFor()
      }
      expect(await page.getByRole('application').count()).toBe(4)
      await page.getByText('Until the refresh, at most').waitFor()
    })

    test('has its runs as a list where there is no room for columns', async () => {
      const { page } = await open(`${address()}#${path}`, { viewport: { width: 390, height: 800 } })
      const runs = page.getByRole('list', { name: 'Runs, the newest first' })
      await runs.waitFor()
      expect(await runs.getByRole('listitem').count()).toBe(30)
      expect(await page.getByRole('table').count()).toBe(0)
    })
  })
}

async function expectGood({ page }: Visit, text: string | RegExp): Promise<void> {
  await page.getByText(text).first().waitFor()
  await page.waitForTimeout(300)
  expect(await obstacles(page)).toEqual([])
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  )
  expect(overflow).toBe(0)
  expect(await page.getByRole('heading', { level: 1 }).count()).toBe(1)
}

function useScene(options: SceneOptions): () => string {
  const server = serveScene(sceneOf(options))
  let address = ''
  beforeAll(async () => {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/console/`
  })
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })
  return () => address
}

function useServer(database: () => Promise<string>): () => string {
  const closing: (() => Promise<unknown>)[] = []
  let address = ''
  beforeAll(async () => {
    const tokens = [{ name: 'operations', token: operator, actions: '*' }] as const
    const served = serve(await database(), { access: { tokens } })
    const listening = await listenLocally(served.handler.fetch)
    closing.push(listening.close, served.close)
    address = listening.address
  })
  afterAll(async () => {
    for (const close of closing) await close()
  })
  return () => address
}
