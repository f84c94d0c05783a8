// The console, into dist/console.
import { fileURLToPath } from 'node:url'
import { buildPage, pageConfig } from './page-build.js'

/** Beside the pages: whose code is in them, and under what licence. */
export const licensesFile = 'third-party-licenses.md'

export function consoleConfig() {
  return pageConfig({
    root: fileURLToPath(new URL('../src/console/', import.meta.url)),
    outDir: fileURLToPath(new URL('../dist/console/', import.meta.url)),
    largestChunkKb: 700,
    // Licences ask that they go with what is copied from a package: this goes into ours.
    license: { fileName: licensesFile },
  })
}

export async function buildConsole() {
  await buildPage(await consoleConfig())
}
