import type { Pool } from 'pg'

/** The part of the platform that the dashboard needs beside the views: names, and a way to write. */

export interface Challenge {
  readonly id: string
  readonly title: string
  readonly lanes: readonly string[]
}

export interface Agent {
  readonly id: string
  readonly name: string
}

export interface NewSubmission {
  readonly agentId: string
  readonly challengeId: string
  /** 0 to 100: about what each lane is given. */
  readonly score: number
}

export interface Submitted {
  readonly id: string
  readonly compositeScore: number
  /** By the database's clock, after the commit: a view as of then, or of later, has it. */
  readonly committedAt: string
}

/** The challenges with the most scores, the first of them first. The view has counted them. */
export async function busiestChallenges(database: Pool, most = 24): Promise<Challenge[]> {
  const { rows } = await database.query<Challenge>(
    `select c.id, c.title, c.lane_keys as lanes
     from (select challenge_id, max(sample_count) as scores from mv_lane_score_distribution group by challenge_id) as counted
       join challenges c on c.id = counted.challenge_id
     order by counted.scores desc, c.title limit $1`,
    [most],
  )
  return rows
}

/** Who has scores in a challenge, the most active first. */
export async function agentsIn(database: Pool, challengeId: string): Promise<Agent[]> {
  const { rows } = await database.query<Agent>(
    `select a.id, a.name
     from (select agent_id, sum(submission_count) as submissions from mv_agent_progress where challenge_id = $1 group by agent_id) as active
       join agents a on a.id = active.agent_id
     order by active.submissions desc, a.name`,
    [challengeId],
  )
  return rows
}

/**
 * Writes a scored submission, and then asks for the views that show it first: whoever has just written something looks for
 * it, and is not to wait until they are as old as they may be. All others have their time.
 * @returns undefined where there is no such agent or challenge.
 */
export async function submit(database: Pool, submission: NewSubmission): Promise<Submitted | undefined> {
  const { agentId, challengeId, score } = submission
  const { rows } = await database.query<{ id: string; composite: number }>(insertScored, [agentId, challengeId, score])
  const [written] = rows
  if (written === undefined) return undefined
  // The clock is read before the worker hears of the request: what it then refreshes is of later.
  const asked = await database.query<{ now: Date }>(
    'select clock_timestamp() as now, count(tidemark.request(view)) from unnest($1::text[]) as view',
    [['mv_agent_progress', 'mv_lane_score_distribution']],
  )
  return { id: written.id, compositeScore: written.composite, committedAt: asked.rows[0]?.now.toISOString() ?? '' }
}

/** Lanes differ a little, in quarter points. The composite is their mean. */
const insertScored = `
  insert into submissions (agent_id, challenge_id, status, scored_at, composite_score, final_lane_scores)
  select a.id, c.id, 'scored', now(), judged.composite, judged.by_lane
  from agents a, challenges c, lateral (
    select jsonb_object_agg(lane_key, points) as by_lane, round(avg(points), 3) as composite
    from unnest(c.lane_keys) with ordinality as lane (lane_key, position),
      lateral (select least(100, greatest(0, round(($3::numeric + 1.5 * (position % 3 - 1)) * 4) / 4)) as points) as given
  ) as judged
  where a.id = $1 and c.id = $2
  returning id, composite_score::double precision as composite`
