import { expect, test } from 'vitest'
import { useTestDatabase } from '../kit/index.js'
import { readTargets } from './checks.js'
import { runConcurrent } from './concurrent.js'
import { deployLibrary } from './library.js'
import { shapes } from './shapes/index.js'

const db = await useTestDatabase()

/** Some of each kind, so that each is refreshed often. */
const some = shapes.filter(({ name }, index) => index % 7 === 3 || name.startsWith('up_'))

test('views equal their queries while eight sessions write, and after', async () => {
  await deployLibrary(db.pool, some)
  const targets = await readTargets(db.pool, some)
  const failures: string[] = []
  const { committed, checks } = await runConcurrent({
    url: db.url,
    pool: db.pool,
    targets,
    seed: Number(process.env.TIDEMARK_TEST_SEED ?? 1),
    durationMs: 10_000,
    onFailure: (text) => failures.push(text),
  })
  expect(failures).toEqual([])
  expect(committed).toBeGreaterThan(100)
  expect(checks).toBeGreaterThan(targets.length)
})
