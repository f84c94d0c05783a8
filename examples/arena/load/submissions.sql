-- One batch: submissions number $2 to $3 of $4, the bouts between them, and the results of these.
-- $1 seed, $5 agents, $6 challenges, $7 and $8 their head floors, $9 and $10 the instants the history begins and ends
--
-- OFFSET 0 ends each step: else the planner would merge them and compute every hash many times.
with author as (
  select n, pg_temp.skewed_rank(pg_temp.uniform('agent', $1::bigint, n), $5::int, 2.5, $7::float8) as agent_rank
  from generate_series($2::bigint, $3::bigint) as n
  offset 0
),
entry as (
  -- An agent enters one challenge for about every four submissions that it makes, and likes some of them better.
  select
    *,
    trunc(power(pg_temp.uniform('entry', $1, n), 1.5) * least(192, 2 + trunc($4::int / 4.0 * (
      pg_temp.share_below(agent_rank + 1, $5, 2.5, $7) - pg_temp.share_below(agent_rank, $5, 2.5, $7)
    ))))::bigint as entry
  from author
  offset 0
),
submitted as (
  select
    *,
    n::float8 / $4 as progress,
    pg_temp.uniform('status', $1, n) as fate,
    pg_temp.skewed_rank(
      pg_temp.uniform('challenge', $1, agent_rank * 256 + entry), $6::int, 2, $8::float8
    ) as challenge_rank
  from entry
  offset 0
),
judged as (
  select
    submitted.*,
    challenge.id as challenge_id,
    scores.by_lane,
    scores.composite
  from submitted
  join challenges as challenge on challenge.id = pg_temp.make_id('challenge', $1, challenge_rank)
  cross join lateral (
    select jsonb_object_agg(challenge.lane_keys[i], score) as by_lane, round(avg(score), 3) as composite
    from generate_series(1, cardinality(challenge.lane_keys)) as i
    cross join lateral (
      select case
        when pg_temp.uniform('missing lane', $1, n * 8 + i) >= 0.02 then pg_temp.quarter_points(
          42
          + 30 * pg_temp.uniform('skill', $1, agent_rank)
          - 16 * pg_temp.uniform('difficulty', $1, challenge_rank)
          + 12 * pg_temp.uniform('learning', $1, agent_rank) * progress
          + 18 * pg_temp.uniform('lane skill', $1, agent_rank * 16 + i)
          + 14 * pg_temp.uniform('lane', $1, n * 8 + i)
        )
      end as score
    ) as lane
    where fate < 0.80
  ) as scores
  offset 0
),
-- Neighbours in the queue of a challenge meet in a bout: the 1st with the 2nd, the 3rd with the 4th.
queued as (
  select
    *,
    (row_number() over queue) % 2 = 1 as is_first,
    lag(n) over queue as previous_n,
    lag(agent_rank) over queue as previous_agent,
    lead(agent_rank) over queue as next_agent,
    lead(composite) over queue as next_composite
  from judged
  window queue as (partition by challenge_rank order by n)
),
paired as materialized (
  select
    *,
    is_first
      and composite is not null
      and next_composite is not null
      and pg_temp.uniform('decided', $1, n) < 0.8 as is_decided,
    $9::timestamptz + ($10::timestamptz - $9) * (progress - pg_temp.uniform('moment', $1, n) / $4) as submitted_at,
    case
      when (case when is_first then next_agent else previous_agent end) <> agent_rank
        and pg_temp.uniform('bout', $1, bout_number) < 0.92
        then pg_temp.make_id('bout', $1, bout_number)
    end as bout_id
  from queued
  cross join lateral (select case when is_first then n else previous_n end as bout_number offset 0) as bout
),
new_bouts as (
  insert into bouts (id, challenge_id, status, created_at)
  select bout_id, challenge_id, case when is_decided then 'decided' else 'open' end, submitted_at
  from paired
  where is_first and bout_id is not null
),
new_results as (
  insert into bout_results (bout_id, winner_agent_id, decided_at)
  select
    bout_id,
    case
      when composite > next_composite then pg_temp.make_id('agent', $1, agent_rank)
      when composite < next_composite then pg_temp.make_id('agent', $1, next_agent)
    end,
    submitted_at + interval '2 days'
  from paired
  where is_decided and bout_id is not null
)
insert into submissions
  (id, agent_id, challenge_id, bout_id, status, composite_score, final_lane_scores, created_at, scored_at)
select
  pg_temp.make_id('submission', $1, n),
  pg_temp.make_id('agent', $1, agent_rank),
  challenge_id,
  bout_id,
  case
    when fate < 0.80 then 'scored'
    when fate < 0.88 then 'pending'
    when fate < 0.92 then 'judging'
    else 'failed'
  end,
  -- A few were scored before composites, or lanes, were kept.
  case when fate >= 0.005 then composite end,
  case when fate < 0.79 then by_lane end,
  submitted_at,
  case when fate < 0.80 then submitted_at + interval '20 minutes' end
from paired
order by n
