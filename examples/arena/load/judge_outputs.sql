-- What two judges said about the newest $2 submissions that have lanes; older outputs are archived, on a real platform too.
-- $1 seed
insert into judge_outputs (id, submission_id, judge, lane_scores, created_at)
select
  md5('judge output:' || $1::bigint::text || ':' || recent.id::text || ':' || judge)::uuid,
  recent.id,
  judge,
  recent.final_lane_scores,
  recent.scored_at
from (
  select id, final_lane_scores, scored_at
  from submissions
  where final_lane_scores is not null
  order by created_at desc
  limit $2::int
) as recent,
  unnest(array['rubric', 'reference']) as judge
