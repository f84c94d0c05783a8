-- How scores spread in each lane of each challenge. Always per challenge: lanes of an easy and of a hard challenge
-- do not compare. jsonb_each_text turns a lane that is JSON null into SQL null; a row without lanes yields none.
select
  s.challenge_id,
  lane.lane_key,
  count(*) as sample_count,
  round(avg(reading.lane_score)::numeric, 3) as mean_score,
  round(stddev(reading.lane_score)::numeric, 3) as stddev_score,
  round(min(reading.lane_score)::numeric, 3) as min_score,
  round(max(reading.lane_score)::numeric, 3) as max_score,
  round(percentile_cont(0.10) within group (order by reading.lane_score)::numeric, 3) as p10,
  round(percentile_cont(0.25) within group (order by reading.lane_score)::numeric, 3) as p25,
  round(percentile_cont(0.50) within group (order by reading.lane_score)::numeric, 3) as p50,
  round(percentile_cont(0.75) within group (order by reading.lane_score)::numeric, 3) as p75,
  round(percentile_cont(0.90) within group (order by reading.lane_score)::numeric, 3) as p90,
  max(s.created_at) as last_submission_at
from submissions s,
  lateral jsonb_each_text(s.final_lane_scores) as lane (lane_key, lane_value),
  lateral (select lane.lane_value::double precision as lane_score) as reading
where s.status = 'scored'
  and s.final_lane_scores is not null
  and reading.lane_score is not null
group by s.challenge_id, lane.lane_key
