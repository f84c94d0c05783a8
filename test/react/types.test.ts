import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const application = fileURLToPath(new URL('registered', import.meta.url))
const tsc = fileURLToPath(new URL('../../node_modules/typescript/bin/tsc', import.meta.url))

// On its own: what it registers would hold for every other test too.
test('an application that registered its views compiles against the package as it is built', () => {
  const compiled = spawnSync(process.execPath, [tsc, '-p', application], { encoding: 'utf8' })
  expect(compiled.stdout).toBe('')
  expect(compiled.status).toBe(0)
})
