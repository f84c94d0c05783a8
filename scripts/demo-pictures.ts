/**
 * Makes the pictures of the demo's dashboard that the documentation shows, of the real thing: the demo as a process, and
 * its page in a browser, after a score was submitted there.
 *
 *   npm run build && npx tsx scripts/demo-pictures.ts [--submissions 200000]
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { Browser } from 'playwright-core'
import { findChromium, startBrowser } from '../test/console/chromium.js'

const images = fileURLToPath(new URL('../docs/images/', import.meta.url))
const main = fileURLToPath(new URL('../demo/main.ts', import.meta.url))
const { values } = parseArgs({ options: { submissions: { type: 'string', default: '200000' } } })

const pictures = [
  ['light', 'light', { width: 1280, height: 1104 }],
  ['dark', 'dark', { width: 1280, height: 1104 }],
  ['phone', 'light', { width: 390, height: 844 }],
] as const

const chromium = findChromium()
if (chromium === undefined) throw new Error('No chromium was found; TIDEMARK_CHROMIUM names one.')
const demo = spawn(process.execPath, ['--import', 'tsx', main, '--port', '0', '--submissions', values.submissions], {
  stdio: ['ignore', 'pipe', 'inherit'],
})
try {
  const address = await addressOf(demo)
  // So that figures are those of a steady run.
  await delay(20_000)
  const browser = await startBrowser(chromium)
  await takePictures(browser, address).finally(() => browser.close())
} finally {
  demo.kill('SIGINT')
  await once(demo, 'close')
}

async function addressOf(process: ChildProcess): Promise<string> {
  let said = ''
  for await (const text of process.stdout?.setEncoding('utf8').iterator({ destroyOnReturn: false }) ?? []) {
    said += String(text)
    const [, address] = /Dashboard +(\S+)\n/.exec(said) ?? []
    if (address !== undefined) {
      // It goes on writing.
      process.stdout?.resume()
      return address
    }
  }
  throw new Error(`The demo has ended:\n${said}`)
}

async function takePictures(browser: Browser, address: string): Promise<void> {
  for (const [name, colorScheme, viewport] of pictures) {
    const context = await browser.newContext({ viewport, colorScheme, deviceScaleFactor: 1.5 })
    const page = await context.newPage()
    await page.goto(address)
    await page.getByText('Live', { exact: true }).waitFor()
    await page.waitForTimeout(2_000)
    await page.getByRole('button', { name: /^Submit it for/ }).click()
    await page.getByText(/^Lanes \d+ ms$/).waitFor()
    await page.waitForTimeout(1_000)
    await page.screenshot({ path: `${images}dashboard-${name}.png` })
    await context.close()
    console.log(`docs/images/dashboard-${name}.png`)
  }
}
