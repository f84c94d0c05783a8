/** The demo as a process, and its pages in a browser. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { buildConsole } from '../../scripts/console-build.js'
import { buildDashboard } from '../../scripts/dashboard-build.js'
import { consoleDirectory } from '../../src/http/console.js'
import { findChromium, startBrowser } from '../console/chromium.js'
import { obstacles, openTab, type Visit } from '../console/visits.js'

const main = fileURLToPath(new URL('../../demo/main.ts', import.meta.url))
const chromium = findChromium()
const missing = chromium === undefined && process.env.CI !== 'true'
if (missing) console.warn('No chromium was found: the pages of the demo are not tested in a browser.')

let demo: ChildProcess
const said = { stdout: '', stderr: '' }
let browser: Browser
let usualPort: Server

beforeAll(async () => {
  if (missing) return
  if (chromium === undefined) throw new Error('CI needs a chromium, to test the pages of the demo in a browser.')
  if (consoleDirectory() === null) await buildConsole()
  await buildDashboard()
  usualPort = await takeUsualPort()
  demo = startDemo(['--submissions', '4000', '--rate', '4'])
  for (const stream of ['stdout', 'stderr'] as const) {
    demo[stream]?.setEncoding('utf8').on('data', (text: string) => {
      said[stream] += text
    })
  }
  browser = await startBrowser(chromium)
  while (!said.stdout.includes('mv_agent_progress: ')) {
    if (demo.exitCode !== null) throw new Error(`The demo has ended: ${said.stderr}`)
    await sleep(200)
  }
})

afterAll(async () => {
  demo?.kill('SIGKILL')
  await browser?.close()
  usualPort?.close()
})

function startDemo(args: readonly string[]): ChildProcess {
  return spawn(process.execPath, ['--import', 'tsx', main, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
}

/** Whoever has it already: it is taken. */
async function takeUsualPort(): Promise<Server> {
  const server = createServer().on('error', () => {})
  await new Promise<void>((resolve) => server.once('error', () => resolve()).listen(8432, '127.0.0.1', resolve))
  return server
}

function address(page: 'Dashboard' | 'Console'): URL {
  return new URL(new RegExp(`${page} +(\\S+)\n`).exec(said.stdout)?.[1] ?? '')
}

async function visit(url: URL, options: BrowserContextOptions = {}): Promise<Visit> {
  const visited = await openTab(browser, url.href, { viewport: { width: 1280, height: 900 }, ...options })
  await visited.page.getByText('Live', { exact: true }).waitFor()
  return visited
}

/** Of the panel with this title. */
async function age(page: Page, title: string): Promise<number> {
  const text = await page.getByRole('region', { name: title }).locator('.freshness time').textContent()
  return Number(/^Updated (\d+) s ago$/.exec(text ?? '')?.[1])
}

const titles = [
  'Leaderboard',
  'How scores spread, lane by lane',
  'Progress',
  'Strengths and weaknesses',
  'Time to the first win',
]

describe.skipIf(missing)('the pages of the demo', () => {
  test('are served at a port that is free where the usual one is taken, to this machine alone', () => {
    const [dashboard, console] = [address('Dashboard'), address('Console')]
    expect(dashboard.host).toMatch(/^127\.0\.0\.1:\d+$/)
    expect(dashboard.port).not.toBe('8432')
    expect([dashboard.pathname, console.pathname]).toEqual(['/dashboard/', '/console/'])
    expect(console.host).toBe(dashboard.host)
    expect(dashboard.hash).toMatch(/^#token=[\w-]{24}$/)
  })

  test.each([
    ['light', 1280],
    ['dark', 1280],
    ['light', 390],
    ['dark', 390],
  ] as const)(
    'the dashboard, %s and %i pixels wide: no complaints, obstacles, or anything cut off',
    async (colorScheme, width) => {
      const { page, complaints, hosts } = await visit(address('Dashboard'), {
        colorScheme,
        viewport: { width, height: 844 },
      })
      for (const title of titles) {
        const panel = page.getByRole('region', { name: title })
        await panel
          .locator('.freshness')
          .getByText(/^Updated \d+ s ago$/)
          .waitFor()
        await panel.locator('.waiting').waitFor({ state: 'detached' })
      }
      await page.waitForTimeout(700)
      expect(await obstacles(page)).toEqual([])
      expect(
        await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth),
      ).toBe(0)
      expect(await page.getByRole('alert').allTextContents()).toEqual(titles.map(() => ''))
      expect(complaints).toEqual([])
      expect([...hosts]).toEqual([address('Dashboard').host])
      expect(page.url()).not.toContain('token')
    },
  )

  test('a score that is submitted takes the lead, without a reload, and how long that took is told', async () => {
    const { page, complaints } = await visit(address('Dashboard'))
    await page.evaluate(() => Object.assign(window, { sameDocument: true }))
    const agent = await page.getByRole('combobox', { name: 'Agent' }).locator('option:checked').textContent()
    const leader = page.getByRole('region', { name: 'Leaderboard' }).getByRole('listitem').first()
    await page.getByRole('slider').fill('100')
    await page.getByRole('button', { name: `Submit it for ${agent}` }).click()
    await leader.getByText(agent ?? 'nobody').waitFor()
    await leader.getByText(/^99\.\d$/).waitFor()
    await page.getByText(/^Leaderboard \d+ ms$/).waitFor()
    await page.getByText(/^Lanes \d+ ms$/).waitFor()
    expect(await page.evaluate(() => 'sameDocument' in window)).toBe(true)
    expect(complaints).toEqual([])
  })

  test('ages tick, and the button brings a view up to date', async () => {
    const { page } = await visit(address('Dashboard'))
    const title = 'Time to the first win'
    await expect.poll(() => age(page, title)).toBeGreaterThan(1)
    const first = await age(page, title)
    await expect.poll(() => age(page, title)).not.toBe(first)
    await expect.poll(() => age(page, title), { interval: 100 }).toBeGreaterThan(2)
    const before = await age(page, title)
    await page.getByRole('button', { name: `Refresh ${title}` }).click()
    await expect.poll(() => age(page, title), { timeout: 5_000, interval: 50 }).toBeLessThan(before)
  })

  test('another challenge and another agent are shown when they are chosen', async () => {
    const { page } = await visit(address('Dashboard'))
    await page.getByRole('combobox', { name: 'Challenge' }).selectOption({ index: 3 })
    const challenge = await page.getByRole('combobox', { name: 'Challenge' }).locator('option:checked').textContent()
    await page.getByText(`against the median of everybody in ${challenge}`).waitFor()
    const second = page.getByRole('region', { name: 'Leaderboard' }).getByRole('listitem').nth(1)
    await second.getByRole('button').click()
    const agent = await page.getByRole('combobox', { name: 'Agent' }).locator('option:checked').textContent()
    await page.getByText(`${agent}: average of each week`).waitFor()
    await expect.poll(() => second.getByRole('button').getAttribute('aria-pressed')).toBe('true')
  })

  test('the console is beside it, and its link has the token', async () => {
    const { page } = await visit(address('Dashboard'))
    await page.getByRole('link', { name: 'Console' }).click()
    await page.getByRole('heading', { name: 'Views', exact: true }).waitFor()
    await page.getByRole('link', { name: 'mv_agent_progress' }).first().waitFor()
  })

  test('without a token the dashboard says where to find one', async () => {
    const page = await browser.newPage()
    onTestFinished(() => page.close())
    await page.goto(new URL('/', address('Dashboard')).href)
    await page.getByText('Open the address that the terminal prints').waitFor()
    expect(await obstacles(page)).toEqual([])
  })

  test('a port that was asked for and is taken is told at once', async () => {
    const second = startDemo(['--port', address('Dashboard').port])
    let stderr = ''
    second.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
    })
    expect(await once(second, 'close')).toEqual([1, null])
    expect(stderr).toMatch(/^ADDRESS_TAKEN: Port \d+ is not to be had: EADDRINUSE\.\n/)
  })

  test('Ctrl-C ends all of it, with a page open', async () => {
    await visit(address('Dashboard'))
    demo.kill('SIGINT')
    expect(await once(demo, 'close')).toEqual([0, null])
    expect(said.stdout).toContain('The server is stopped, and its data removed.')
    expect(said.stderr).toBe('')
    await expect(fetch(address('Dashboard'))).rejects.toThrow()
  })
})
