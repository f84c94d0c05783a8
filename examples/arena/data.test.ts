import { describe, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase, useTestDatabase } from '../../test/kit/index.js'
import { arenaSize, createArena, headFloor, loadArena } from './data.js'
import { arenaQueries } from './queries.js'

const tables = ['agents', 'challenges', 'bouts', 'submissions', 'bout_results', 'judge_outputs']
const submissions = 20_000

const arena = await useTestDatabase()
await load(arena, submissions, 1)

async function load(database: TestDatabase, count: number, seed: number): Promise<void> {
  await loadArena(await database.connect(), { submissions: count, seed })
}

/** One number for all that a table holds, whatever the order. */
async function fingerprints(database: TestDatabase): Promise<string[]> {
  const digest = async (table: string) => {
    const [row] = await database.rows<{ digest: string }>(
      `select count(*) || ':' || coalesce(sum(hashtextextended(t::text, 0)), 0) as digest from ${table} as t`,
    )
    return `${table} ${row?.digest}`
  }
  return Promise.all(tables.map(digest))
}

async function number(sql: string): Promise<number> {
  const [row] = await arena.rows<{ value: string }>(`select (${sql}) as value`)
  return Number(row?.value)
}

describe('loadArena', () => {
  test('makes the number of rows that was asked for', async () => {
    const size = arenaSize(submissions)
    expect(await number('select count(*) from submissions')).toBe(submissions)
    expect(await number('select count(*) from agents')).toBe(size.agents)
    expect(await number('select count(*) from challenges')).toBe(size.challenges)
  })

  test('gives the same rows for the same seed, others for another', async () => {
    const [first, same, other] = await Promise.all(
      [7, 7, 8].map(async (seed) => {
        const database = await createTestDatabase()
        try {
          await load(database, 1_000, seed)
          return await fingerprints(database)
        } finally {
          await database.drop()
        }
      }),
    )
    expect(same).toEqual(first)
    expect(other).not.toEqual(first)
  })

  test('reports its progress, and says when it is done', async () => {
    const database = await createTestDatabase()
    const steps: string[] = []
    const client = await database.connect()
    await loadArena(client, { submissions: 1_000, onProgress: ({ step, loaded }) => steps.push(`${step} ${loaded}`) })
    await database.drop()
    expect(steps).toEqual(['tables 0', 'submissions 1000', 'keys 1000', 'analyze 1000', 'done 1000'])
  })

  test('ends the history when it is told to, twenty weeks after its beginning', async () => {
    const database = await createTestDatabase()
    const endsAt = new Date('2030-03-01T12:00:00Z')
    await loadArena(await database.connect(), { submissions: 1_000, endsAt })
    const [row] = await database.rows<{ first: Date; last: Date }>(
      'select min(created_at) as first, max(created_at) as last from submissions',
    )
    await database.drop()
    const hours = (from: Date, to: Date) => (to.getTime() - from.getTime()) / 3_600_000
    expect(hours(row?.last ?? endsAt, endsAt)).toBeGreaterThan(0)
    expect(hours(row?.last ?? endsAt, endsAt)).toBeLessThan(20)
    expect(hours(row?.first ?? endsAt, endsAt)).toBeGreaterThan(19.5 * 7 * 24)
    expect(hours(row?.first ?? endsAt, endsAt)).toBeLessThanOrEqual(20 * 7 * 24)
  })

  test.each([0, -1, 1.5, Number.NaN])('refuses %s submissions', async (count) => {
    const client = await arena.connect()
    await expect(loadArena(client, { submissions: count })).rejects.toThrow(RangeError)
  })
})

describe('the data', () => {
  test('has hot challenges and a long tail, none above 3 %', async () => {
    const share = (part: string) =>
      number(`with c as (select count(*) as n from submissions group by challenge_id) select ${part} from c`)
    expect(await share('max(n) / sum(n)')).toBeLessThan(0.03)
    expect(await share('max(n) / percentile_cont(0.5) within group (order by n)')).toBeGreaterThan(1.5)
  })

  test('has hot agents and a long tail, and several submissions of an agent to a challenge', async () => {
    const agents = 'with c as (select count(*) as n from submissions group by agent_id)'
    expect(
      await number(`${agents} select max(n) / percentile_cont(0.5) within group (order by n) from c`),
    ).toBeGreaterThan(4)
    const pairs = 'with c as (select count(*) as n from submissions group by agent_id, challenge_id)'
    expect(await number(`${pairs} select avg(n) from c`)).toBeGreaterThan(2.5)
  })

  test('is scored for four in five, with gaps as real data has them', async () => {
    const scored = await number(`select count(*) from submissions where status = 'scored'`)
    expect(scored / submissions).toBeCloseTo(0.8, 1)
    const gaps = {
      'no lanes': `final_lane_scores is null and composite_score is not null`,
      'no composite': `composite_score is null and final_lane_scores is not null`,
      'an unjudged lane': `jsonb_path_exists(final_lane_scores, '$.* ? (@ == null)')`,
    }
    for (const [gap, condition] of Object.entries(gaps)) {
      const found = await number(`select count(*) from submissions where status = 'scored' and ${condition}`)
      expect(found, gap).toBeGreaterThan(0)
    }
    expect(
      await number(`select count(*) from submissions where status <> 'scored' and composite_score is not null`),
    ).toBe(0)
  })

  test('gives each challenge four to six lanes, and each submission those of its challenge', async () => {
    expect(await number('select min(cardinality(lane_keys)) from challenges')).toBe(4)
    expect(await number('select max(cardinality(lane_keys)) from challenges')).toBe(6)
    expect(
      await number(`
        select count(*) from submissions s join challenges c on c.id = s.challenge_id
        where s.final_lane_scores is not null
          and array(select jsonb_object_keys(s.final_lane_scores) order by 1) <> array(select unnest(c.lane_keys) order by 1)`),
    ).toBe(0)
  })

  test('pairs two agents in a bout, and decides about half of the bouts for one of them', async () => {
    const sides = `select bout_id, count(*) as n, count(distinct agent_id) as agents, count(distinct challenge_id) as c
      from submissions where bout_id is not null group by bout_id`
    expect(await number(`with b as (${sides}) select count(*) from b where (n, agents, c) <> (2, 2, 1)`)).toBe(0)
    const decided = await number('select avg((status = $$decided$$)::int) from bouts')
    expect(decided).toBeGreaterThan(0.4)
    expect(decided).toBeLessThan(0.6)
    expect(
      await number(`
        select count(*) from bout_results r
        where winner_agent_id not in (select agent_id from submissions where bout_id = r.bout_id)`),
    ).toBe(0)
    expect(await number(`select count(*) from bouts where status = 'decided'`)).toBe(
      await number('select count(*) from bout_results'),
    )
  })
})

describe('the four queries', () => {
  test('run, and give rows with a unique key', async () => {
    const keys: Record<string, string> = {
      mv_lane_score_distribution: 'challenge_id, lane_key',
      mv_weakness_patterns: 'agent_id, challenge_id, lane_key',
      mv_agent_progress: 'agent_id, challenge_id, week',
      mv_time_to_first_win: 'challenge_id',
    }
    for (const { name, sql } of await arenaQueries()) {
      await arena.query(`create materialized view ${name} as ${sql}`)
      await arena.query(`create unique index on ${name} (${keys[name]})`)
      expect(await number(`select count(*) from ${name}`), name).toBeGreaterThan(50)
    }
    const categories = await arena.rows('select performance_category from mv_weakness_patterns group by 1')
    expect(categories).toHaveLength(4)
    expect(await number('select count(wow_composite_delta) from mv_agent_progress')).toBeGreaterThan(0)
    expect(await number('select count(*) from mv_weakness_patterns where attempt_count < 2')).toBe(0)
  })

  test('give the same weeks whatever the time zone of the session', async () => {
    const progress = (await arenaQueries()).find(({ name }) => name === 'mv_agent_progress')?.sql
    const client = await arena.connect()
    const weeksIn = async (zone: string) => {
      await client.query(`set time zone '${zone}'`)
      const { rows } = await client.query(
        `select week::text, count(*) from (${progress}) q group by week order by week`,
      )
      return rows
    }
    const utc = await weeksIn('UTC')
    expect(utc).toHaveLength(20)
    expect(await weeksIn('Pacific/Auckland')).toEqual(utc)
  })

  test('do not depend on the order in which rows are read', async () => {
    const client = await arena.connect()
    const [lanes, weakness] = await arenaQueries()
    await client.query(`create temp table submissions as select * from public.submissions order by md5(id::text)`)
    await client.query(`create temp view mv_lane_score_distribution as ${lanes?.sql}`)
    const { rows } = await client.query(
      `select count(*)::int as different from (${weakness?.sql} except all table public.mv_weakness_patterns) as d`,
    )
    expect(rows).toEqual([{ different: 0 }])
  })
})

describe('createArena', () => {
  test('makes the empty tables', async () => {
    const database = await createTestDatabase()
    await createArena(await database.connect())
    const counts = await fingerprints(database)
    await database.drop()
    expect(counts).toEqual(tables.map((table) => `${table} 0:0`))
  })
})

describe('headFloor', () => {
  test.each([
    [80, 2, 0.022],
    [2_000, 2.5, 0.002],
    [50, 2.5, 0.06],
  ])('keeps the first of %d ranks, exponent %d, at a share of %d', (count, exponent, share) => {
    const floor = headFloor(count, exponent, share)
    const first = floor ** exponent
    expect(((first + (1 - first) / count) ** (1 / exponent) - floor) / (1 - floor)).toBeCloseTo(share, 6)
  })

  test('is 0 where the plain power law gives the first rank less', () => {
    expect(headFloor(100_000, 2, 0.5)).toBeLessThan(1e-6)
  })
})
