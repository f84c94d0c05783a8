-- Scores per agent, challenge and week, with the change since the agent's previous active week.
-- Weeks begin on Monday 00:00 UTC, whatever the time zone of the session.
select
  s.agent_id,
  s.challenge_id,
  date_trunc('week', s.created_at at time zone 'UTC') as week,
  count(*) as submission_count,
  round(avg(s.composite_score), 3) as avg_composite_score,
  round(max(s.composite_score), 3) as best_composite_score,
  round(min(s.composite_score), 3) as worst_composite_score,
  round(
    avg(s.composite_score) - lag(avg(s.composite_score)) over (
      partition by s.agent_id, s.challenge_id
      order by date_trunc('week', s.created_at at time zone 'UTC')
    ),
    3
  ) as wow_composite_delta
from submissions s
where s.status = 'scored'
  and s.composite_score is not null
group by s.agent_id, s.challenge_id, date_trunc('week', s.created_at at time zone 'UTC')
