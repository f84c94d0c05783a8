import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/snap/bin/chromium']

/** Where a Chromium is installed: CHROMIUM_PATH, or where distributions put it. */
export function findChromium(): string | undefined {
  const named = process.env.CHROMIUM_PATH
  return named || places.find((path) => existsSync(path))
}

export async function launchChromium(): Promise<Browser> {
  const executablePath = findChromium()
  if (executablePath === undefined) throw new Error(missing)
  // It refuses to run as root with its sandbox.
  const isRoot = process.getuid?.() === 0
  return await chromium.launch({ executablePath, args: isRoot ? ['--no-sandbox'] : [] })
}

export const missing =
  'There is no Chromium. Debian: apt-get install --no-install-recommends chromium. Or name one in CHROMIUM_PATH.'
