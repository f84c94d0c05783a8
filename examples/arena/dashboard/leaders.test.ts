import { expect, test } from 'vitest'
import { bestFirst, leadersOf } from './leaders.js'

const week = (agent_id: string, best_composite_score: number | null, date = '2026-01-05') => ({
  agent_id,
  week: `${date}T00:00:00`,
  best_composite_score,
})

test('each agent has one place, by its best week', () => {
  const weeks = [week('b', 90), week('a', 80, '2026-01-12'), week('b', 70), week('a', 60), week('c', null)]
  expect(leadersOf(weeks)).toEqual([
    { rank: 1, agent: 'b', best: 90, week: '2026-01-05T00:00:00' },
    { rank: 2, agent: 'a', best: 80, week: '2026-01-12T00:00:00' },
  ])
  expect(leadersOf([])).toEqual([])
})

test('weeks that come by date are put in the order of their best scores', () => {
  const weeks = [week('a', 60), week('a', 80), week('a', null), week('a', 70)]
  expect(bestFirst(weeks).map(({ best_composite_score }) => best_composite_score)).toEqual([80, 70, 60, null])
  expect(weeks[0]?.best_composite_score).toBe(60)
})
