import { expect, test } from 'vitest'
import type { Explanation } from '../../src/deploy/index.js'
import { useTestDatabase } from '../kit/index.js'
import { readTargets } from './checks.js'
import { deployLibrary } from './library.js'
import { runSequential } from './sequentialRun.js'
import { shapes as library } from './shapes/index.js'

const seed = Number(process.env.TIDEMARK_TEST_SEED ?? 1)

/** Half of the library, which half the seed says; `npm run histories` runs all of it. */
const shapes = library.filter(({ name }, index) => index % 2 === seed % 2 || name.startsWith('up_'))

const db = await useTestDatabase()

test('every view is deployed, and maintained as is known of it', async () => {
  await deployLibrary(db.pool)
  const explained = await db.rows<{ explanation: Explanation }>('SELECT explanation FROM tidemark.view')
  const wrong = shapes.flatMap(({ name, expect: expected = {} }) => {
    const sources = explained.find(({ explanation }) => explanation.view === name)?.explanation.sources ?? []
    return Object.entries(expected).flatMap(([table, maintenance]) => {
      const source = sources.find((candidate) => candidate.table === table)
      const found = source?.code ?? source?.maintenance ?? 'not read'
      return found === maintenance ? [] : [`${name}, ${table}: ${found} instead of ${maintenance}`]
    })
  })
  expect(wrong).toEqual([])
})

test('after each of many random histories, every view equals its query', async () => {
  const targets = await readTargets(db.pool, shapes)
  const client = await db.connect()
  const failures: string[] = []
  const { histories } = await runSequential({
    client,
    targets,
    seed,
    count: 3 * shapes.length,
    withinMs: 30_000,
    onFailure: (text) => failures.push(text),
  })
  expect(failures).toEqual([])
  expect(histories).toBeGreaterThan(50)
})
