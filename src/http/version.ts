import { readFileSync } from 'node:fs'

let known: string | undefined

/** The package's own: two directories up, from src/ as from dist/. */
export function packageVersion(): string {
  known ??= (JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string })
    .version
  return known
}
