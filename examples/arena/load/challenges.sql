-- $1 seed, $2 number of challenges, $3 the instant the history begins
with pool as (
  select array['accuracy', 'reasoning', 'planning', 'speed', 'robustness', 'clarity', 'economy', 'safety', 'style'] as lanes
)
insert into challenges (id, title, lane_keys, created_at)
select
  pg_temp.make_id('challenge', $1::bigint, rank),
  'challenge-' || lpad((rank + 1)::text, 5, '0'),
  array(
    select pool.lanes[1 + (first_lane + i) % cardinality(pool.lanes)]
    from generate_series(1, 4 + trunc(3 * pg_temp.uniform('lane count', $1, rank))::int) as i
  ),
  $3::timestamptz - pg_temp.uniform('challenge age', $1, rank) * interval '30 days'
from pool,
  generate_series(0, $2::int - 1) as rank,
  lateral (select trunc(9 * pg_temp.uniform('first lane', $1, rank))::int as first_lane) as choice
