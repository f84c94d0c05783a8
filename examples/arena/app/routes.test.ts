import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import { loadConfig } from '../../../src/define/load-config.js'
import { applyDeployment } from '../../../src/deploy/index.js'
import { generateTypes, readGeneratedViews } from '../../../src/read/index.js'
import { useTestDatabase } from '../../../test/kit/index.js'
import { loadArena } from '../data.js'
import { platformRoutes } from './routes.js'

const db = await useTestDatabase()
const token = 'the-token-of-the-platform'
const app = platformRoutes(db.pool, token)
const configFile = fileURLToPath(new URL('../tidemark.config.ts', import.meta.url))

beforeAll(async () => {
  await loadArena(await db.connect(), { submissions: 2_000 })
  const { views } = await loadConfig(configFile)
  await applyDeployment(db.pool, views)
})

async function ask(path: string, body?: unknown, given = token): Promise<{ status: number; answer: unknown }> {
  const response = await app.request(path, {
    headers: { authorization: `Bearer ${given}` },
    ...(body === undefined ? {} : { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  return { status: response.status, answer: await response.json() }
}

async function someone(): Promise<{ challengeId: string; agentId: string }> {
  const { challenges } = (await ask('/challenges')).answer as { challenges: { id: string }[] }
  const challengeId = challenges[0]?.id ?? ''
  const { agents } = (await ask(`/challenges/${challengeId}/agents`)).answer as { agents: { id: string }[] }
  return { challengeId, agentId: agents[0]?.id ?? '' }
}

describe('the API of the platform', () => {
  test('names the busiest challenges, and the agents in one', async () => {
    const { challenges } = (await ask('/challenges')).answer as { challenges: { id: string; title: string }[] }
    expect(challenges).toHaveLength(24)
    const [busiest] = await db.rows<{ challenge_id: string; count: number }>(
      'select challenge_id, max(sample_count)::int as count from mv_lane_score_distribution group by 1 order by 2 desc limit 1',
    )
    expect(challenges[0]?.id).toBe(busiest?.challenge_id)
    const { agents } = (await ask(`/challenges/${busiest?.challenge_id}/agents`)).answer as { agents: { id: string }[] }
    const expected = await db.rows('select distinct agent_id from mv_agent_progress where challenge_id = $1', [
      busiest?.challenge_id,
    ])
    expect(agents).toHaveLength(expected.length)
  })

  test('writes a scored submission with the lanes of the challenge, and asks for the views that show it', async () => {
    const given = await someone()
    await db.query('delete from tidemark.request')
    const { status, answer } = await ask('/submissions', { ...given, score: 88.6 })
    const { id, compositeScore, committedAt } = answer as { id: string; compositeScore: number; committedAt: string }
    expect(status).toBe(201)
    const [row] = await db.rows<{
      lanes: string[]
      keys: string[]
      scores: number[]
      status: string
      composite: number
    }>(
      `select s.status, s.composite_score::float as composite,
         array(select jsonb_object_keys(s.final_lane_scores) order by 1) as lanes,
         array(select unnest(c.lane_keys) order by 1) as keys,
         array(select value::float from jsonb_each_text(s.final_lane_scores)) as scores
       from submissions s join challenges c on c.id = s.challenge_id where s.id = $1`,
      [id],
    )
    expect(row).toMatchObject({ status: 'scored', composite: compositeScore, lanes: row?.keys })
    for (const score of row?.scores ?? []) {
      expect(Math.abs(score - 88.6)).toBeLessThanOrEqual(1.75)
      expect(Number.isInteger(score * 4)).toBe(true)
    }
    expect(Math.abs(Date.parse(committedAt) - Date.now())).toBeLessThan(60_000)
    const requested = await db.rows<{ name: string }>(
      'select v.view_name as name from tidemark.request r join tidemark.view v on v.id = r.view_id order by 1',
    )
    expect(requested.map(({ name }) => name)).toEqual(['mv_agent_progress', 'mv_lane_score_distribution'])
  })

  test.each([0, 100])('keeps a score of %d within the scale', async (score) => {
    const { answer } = await ask('/submissions', { ...(await someone()), score })
    const { compositeScore } = answer as { compositeScore: number }
    expect(compositeScore).toBeGreaterThanOrEqual(0)
    expect(compositeScore).toBeLessThanOrEqual(100)
  })

  test('is closed to whoever does not show the token, and writes nothing of what makes no sense', async () => {
    const given = await someone()
    const [before] = await db.rows<{ count: string }>('select count(*) from submissions')
    for (const wrong of ['', 'another', `${token}x`]) {
      expect((await ask('/challenges', undefined, wrong)).status).toBe(401)
      expect((await ask('/submissions', { ...given, score: 50 }, wrong)).status).toBe(401)
    }
    expect((await app.request('/challenges')).status).toBe(401)
    const nobody = '00000000-0000-4000-8000-000000000000'
    for (const body of [
      'no JSON',
      {},
      { ...given, score: 101 },
      { ...given, score: '50' },
      { ...given, agentId: "'", score: 1 },
    ]) {
      expect((await ask('/submissions', body)).status).toBe(400)
    }
    expect((await ask('/submissions', { ...given, agentId: nobody, score: 50 })).status).toBe(404)
    expect((await ask('/challenges/x/agents')).status).toBe(404)
    expect((await db.rows<{ count: string }>('select count(*) from submissions'))[0]).toEqual(before)
  })
})

test('the types of the dashboard are those that `tidemark generate --react --no-zod` writes', async () => {
  const text = generateTypes(await readGeneratedViews(db.pool), {
    zod: false,
    json: true,
    kysely: false,
    drizzle: false,
  })
  await expect(text).toMatchFileSnapshot('../dashboard/tidemark.views.ts')
})
