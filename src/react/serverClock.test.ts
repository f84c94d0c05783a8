import { expect, test } from 'vitest'
import { ServerClock } from './serverClock.js'

test('goes by the stamp that took the least time to arrive', () => {
  let local = 1_000_000
  const clock = new ServerClock(() => local)
  expect(clock.now()).toBe(1_000_000)
  // The browser is 600 s ahead; the first stamp took 5 s, the second 0.1 s.
  clock.note(395_000)
  expect(clock.now()).toBe(395_000)
  clock.note(399_900)
  clock.note(398_000)
  clock.note(Number.NaN)
  local += 1_000
  expect(clock.now()).toBe(400_900)
})

test('starts over when a clock may have been set', () => {
  let local = 1_000_000
  const clock = new ServerClock(() => local)
  clock.note(1_000_000)
  local += 3_600_000
  clock.restart(1_001_000)
  expect(clock.now()).toBe(1_001_000)
})
