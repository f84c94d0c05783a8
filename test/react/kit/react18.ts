import { cpSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const modules = fileURLToPath(new URL('../../../node_modules', import.meta.url))
const home = join(modules, '.react-18', 'node_modules')

/** By the name that an import has: where it is installed. */
const installed = {
  react: 'react-18',
  'react-dom': 'react-dom-18',
  // They import React themselves, and would find the other one.
  '@testing-library/react': '@testing-library/react',
  '@tanstack/react-query': '@tanstack/react-query',
}

/**
 * React 18 for tests, beside the React that the project is developed with. It is a folder of copies in which Node finds
 * it by its own rules, so that packages which import React, from CommonJS too, get the same one as the tests do.
 */
export function react18() {
  if (!existsSync(home)) makeHome()
  return Object.keys(installed).map((name) => ({
    find: new RegExp(`^${name}(?=/|$)`),
    replacement: join(home, name),
  }))
}

/** Made whole or not at all: somebody else's run may be about to use it. */
function makeHome(): void {
  const draft = join(modules, `.react-18-${process.pid}`)
  for (const [name, folder] of Object.entries(installed)) {
    cpSync(join(modules, folder), join(draft, 'node_modules', name), { recursive: true })
  }
  try {
    mkdirSync(join(modules, '.react-18'), { recursive: true })
    renameSync(join(draft, 'node_modules'), home)
  } catch (error) {
    if (!existsSync(home)) throw error
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
}
