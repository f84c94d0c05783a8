import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Where the build puts it, seen from dist/http as from src/http. */
const places = ['../console/', '../../dist/console/']

/** The directory of the built console, where there is one. */
export function consoleDirectory(): string | null {
  // Not `new URL(place, import.meta.url)`: bundlers take that for a file of theirs, and fail when it is not there.
  const here = dirname(fileURLToPath(import.meta.url))
  const found = places.map((place) => join(here, place))
  return found.find((path) => existsSync(join(path, 'index.html')) && existsSync(join(path, 'assets'))) ?? null
}
