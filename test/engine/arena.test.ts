import { beforeAll, describe, expect, it } from 'vitest'
import { loadArena } from '../../examples/arena/data.js'
import { loadConfig } from '../../src/define/load-config.js'
import type { NormalisedView } from '../../src/define/types.js'
import { applyDeployment, explainViews, planDeployment } from '../../src/deploy/index.js'
import { refreshView } from '../../src/engine/refresh.js'
import { readStatus } from '../../src/engine/status.js'
import { verifyView } from '../../src/engine/verify.js'
import { useTestDatabase } from '../kit/index.js'

const db = await useTestDatabase()
let views: readonly NormalisedView[] = []

const isRight = { missing: 0, unexpected: 0 }

describe('the competition application', () => {
  beforeAll(async () => {
    const client = await db.connect()
    await loadArena(client, { submissions: 3000, seed: 1 })
    views = (await loadConfig('examples/arena/tidemark.config.ts')).views
    await applyDeployment(db.pool, views)
  })

  it('is incremental in all four views, for every table that they read', async () => {
    const explained = await explainViews(db.pool, views)
    expect(explained.map(({ view, incremental, nodes }) => [view, incremental, nodes.map((node) => node.key)])).toEqual(
      [
        ['mv_lane_score_distribution', true, [['challenge_id']]],
        ['mv_weakness_patterns', true, [['agent_id', 'challenge_id'], ['challenge_id']]],
        ['mv_agent_progress', true, [['agent_id', 'challenge_id']]],
        ['mv_time_to_first_win', true, [['challenge_id']]],
      ],
    )
    expect(explained.flatMap((view) => view.sources.map((source) => source.maintenance))).not.toContain('full')
  })

  it('has nothing left to change once it is applied', async () => {
    expect(await planDeployment(db.pool, views)).toEqual({ changes: [], warnings: [] })
  })

  it('is fresh while nothing is pending', async () => {
    const status = await readStatus(db.pool)
    expect(
      status.map(({ state, pendingChanges, stalenessSeconds }) => [state, pendingChanges, stalenessSeconds]),
    ).toEqual(views.map(() => ['ready', 0, 0]))
  })

  it('refreshes what scores, corrections and deletions touched, and nothing else', async () => {
    await db.query(`UPDATE submissions SET composite_score = composite_score + 1
      WHERE id IN (SELECT id FROM submissions WHERE status = 'scored' ORDER BY id LIMIT 20)`)
    await db.query('DELETE FROM submissions WHERE id IN (SELECT id FROM submissions ORDER BY id LIMIT 5)')
    const progress = await refreshView(db.pool, 'mv_agent_progress')
    expect(progress.mode).toBe('incremental')
    expect(progress.slices).toBeLessThanOrEqual(25)
    for (const { name } of views) expect(await verifyView(db.pool, name), name).toMatchObject(isRight)
    expect((await refreshView(db.pool, 'mv_agent_progress')).mode).toBe('noop')
  })

  it('moves with bouts that are decided', async () => {
    await db.query(`UPDATE bout_results SET winner_agent_id = (SELECT agent_id FROM submissions s
      WHERE s.bout_id = bout_results.bout_id ORDER BY agent_id LIMIT 1)
      WHERE bout_id IN (SELECT bout_id FROM bout_results ORDER BY bout_id LIMIT 50)`)
    expect(await verifyView(db.pool, 'mv_time_to_first_win')).toMatchObject(isRight)
  })
})
