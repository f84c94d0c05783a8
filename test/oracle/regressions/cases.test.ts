import { afterAll, expect, inject, test } from 'vitest'
import { readRegressions } from '../../fuzz/regressions.js'
import { runCase } from '../../fuzz/run/runCase.js'
import { Workshop } from '../../fuzz/run/workshop.js'

/** What the fuzzer found, made small: in each the view once came out different from its query. */
const regressions = await readRegressions()
const workshop = await Workshop.on(inject('serverUrl'))
afterAll(() => workshop.remove())

test.each(regressions)('$name', async ({ case: made }) => {
  const { findings, comparisons } = await runCase(workshop, made)
  expect(findings).toEqual([])
  expect(comparisons).toBeGreaterThan(0)
})
