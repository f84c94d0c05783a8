/** Named, so that each connection plans it once. */
export interface Statement {
  readonly name: string
  readonly text: string
}

/** $1 a point of the id range: whoever submitted there submits to the same challenge again. */
export const submit = statement(
  'submit',
  `insert into submissions (agent_id, challenge_id)
   select agent_id, challenge_id from submissions where id >= $1 order by id limit 1`,
)

/** The same for many at once. $1 a point of the id range, $2 how many. */
export const bulkSubmit = statement(
  'bulk_submit',
  `insert into submissions (agent_id, challenge_id)
   select agent_id, challenge_id
   from (select agent_id, challenge_id from submissions where id >= $1 order by id limit 1) as entry,
     generate_series(1, $2::int)`,
)

/** The newest in the queue that nobody else is scoring. $1 lane scores, in the order of the challenge's lanes. */
export const score = statement('score', setScores(`s.status = 'pending' order by s.created_at desc`, 'skip locked'))

/** A scored submission is scored anew. $1 lane scores, $2 a point of the id range. */
export const correct = statement('correct', setScores(`s.status = 'scored' and s.id >= $2 order by s.id`, ''))

export const fail = statement(
  'fail',
  `update submissions set status = 'failed' where id = (
     select id from submissions where status = 'pending' order by created_at desc limit 1 for update skip locked)`,
)

/** $1 a point of the id range. */
export const withdraw = statement(
  'withdraw',
  `delete from submissions where id = (select id from submissions where id >= $1 order by id limit 1)`,
)

/** The better submission wins an open bout. $1 a point of the bouts' id range. */
export const decide = statement(
  'decide',
  `with decided as (
     update bouts set status = 'decided'
     where id = (select id from bouts where status = 'open' and id >= $1 order by id limit 1 for update skip locked)
     returning id
   )
   insert into bout_results (bout_id, winner_agent_id)
   select decided.id, (
     select agent_id from submissions
     where bout_id = decided.id and status = 'scored'
     order by composite_score desc nulls last, id limit 1)
   from decided
   on conflict (bout_id) do update set winner_agent_id = excluded.winner_agent_id, decided_at = excluded.decided_at`,
)

/** $1 the submission. Two judges, who both agree with the final score. */
export const keepOutputs = statement(
  'keep_outputs',
  `insert into judge_outputs (submission_id, judge, lane_scores)
   select s.id, judge, s.final_lane_scores
   from submissions s, unnest(array['rubric', 'reference']) as judge
   where s.id = $1 and s.final_lane_scores is not null`,
)

/** $1 a point of the id range. Locked rows are passed over: two matches never wait for each other. */
export const findOpponents = statement(
  'find_opponents',
  `with challenger as (
     select id, agent_id, challenge_id from submissions
     where bout_id is null and id >= $1 order by id limit 1 for update skip locked
   )
   select challenger.id as first, opponent.id as second, challenger.challenge_id
   from challenger cross join lateral (
     select s.id from submissions s
     where s.challenge_id = challenger.challenge_id and s.bout_id is null and s.agent_id <> challenger.agent_id
     limit 1 for update skip locked
   ) as opponent`,
)

export const openBout = statement('open_bout', 'insert into bouts (challenge_id) values ($1) returning id')

export const joinBout = statement('join_bout', 'update submissions set bout_id = $1 where id = any ($2::uuid[])')

/**
 * A rubric was wrong: up to 200 submissions to one challenge move by the same number of points. A lane that was not
 * judged stays so. $1 a point of the id range, $2 the points.
 */
export const regrade = statement(
  'regrade',
  `with target as (
     select id from submissions
     where status = 'scored' and final_lane_scores is not null
       and challenge_id = (select challenge_id from submissions where id >= $1 order by id limit 1)
     limit 200 for update skip locked
   )
   update submissions as s
   set composite_score = regraded.composite, final_lane_scores = regraded.by_lane
   from target
     join submissions as old on old.id = target.id
     cross join lateral (
       select jsonb_object_agg(lane_key, points) as by_lane, round(avg(points), 3) as composite
       from jsonb_each_text(old.final_lane_scores) as lane (lane_key, lane_score),
         lateral (
           select case when lane_score is not null then least(100, greatest(0, lane_score::numeric + $2)) end as points
         ) as moved
     ) as regraded
   where s.id = target.id`,
)

/** Scores the one submission (alias s) that the condition finds. The composite is the mean of the judged lanes. */
function setScores(found: string, locking: string): string {
  return `with found as (
     select s.id, c.lane_keys from submissions s join challenges c on c.id = s.challenge_id
     where ${found} limit 1 for update of s ${locking}
   )
   update submissions as s
   set status = 'scored', scored_at = now(), composite_score = judged.composite, final_lane_scores = judged.by_lane
   from found cross join lateral (
     select jsonb_object_agg(lane_key, points) as by_lane, round(avg(points), 3) as composite
     from unnest(found.lane_keys, $1::numeric[]) as lane (lane_key, points)
     where lane_key is not null
   ) as judged
   where s.id = found.id
   returning s.id`
}

function statement(name: string, text: string): Statement {
  return { name: `arena_${name}`, text }
}
