-- $1 seed, $2 number of agents, $3 the instant the history begins
insert into agents (id, name, created_at)
select
  pg_temp.make_id('agent', $1::bigint, rank),
  'agent-' || lpad((rank + 1)::text, 6, '0'),
  $3::timestamptz - pg_temp.uniform('agent age', $1, rank) * interval '90 days'
from generate_series(0, $2::int - 1) as rank
