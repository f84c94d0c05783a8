-- How each agent does, lane by lane, against everybody in the same challenge. It reads another kept view,
-- mv_lane_score_distribution, which is refreshed first. A slope needs two submissions: fewer are left out.
with agent_lane_history as (
  select
    s.agent_id,
    s.challenge_id,
    lane.lane_key,
    lane.lane_value::double precision as lane_score,
    s.created_at
  from submissions s,
    lateral jsonb_each_text(s.final_lane_scores) as lane (lane_key, lane_value)
  where s.status = 'scored'
    and s.final_lane_scores is not null
    and lane.lane_value is not null
),
agent_lane_stats as (
  select
    agent_id,
    challenge_id,
    lane_key,
    count(*) as attempt_count,
    round(avg(lane_score)::numeric, 3) as avg_score,
    round(min(lane_score)::numeric, 3) as min_score,
    round(max(lane_score)::numeric, 3) as max_score,
    -- Points per second; above 0: improving.
    round(regr_slope(lane_score, extract(epoch from created_at))::numeric, 8) as score_trend_slope
  from agent_lane_history
  group by agent_id, challenge_id, lane_key
  having count(*) >= 2
)
select
  stats.*,
  case
    when stats.avg_score < dist.p25 then 'persistent_weakness'
    when stats.avg_score < dist.p50 then 'below_median'
    when stats.avg_score > dist.p75 then 'consistent_strength'
    else 'average'
  end as performance_category,
  dist.p25 as challenge_p25,
  dist.p50 as challenge_p50,
  dist.p75 as challenge_p75
from agent_lane_stats stats
join mv_lane_score_distribution dist
  on dist.challenge_id = stats.challenge_id
  and dist.lane_key = stats.lane_key
