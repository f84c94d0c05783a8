-- Days from an agent's first scored submission to its first won bout, averaged per challenge
-- where at least five agents have won.
with first_submissions as (
  select agent_id, challenge_id, min(created_at) as first_at
  from submissions
  where status = 'scored'
  group by agent_id, challenge_id
),
first_wins as (
  select s.agent_id, s.challenge_id, min(s.created_at) as first_win_at
  from submissions s
  join bout_results br on br.bout_id = s.bout_id and br.winner_agent_id = s.agent_id
  where s.status = 'scored'
  group by s.agent_id, s.challenge_id
)
select
  fs.challenge_id,
  count(*) as agents_with_win,
  round(avg(extract(epoch from fw.first_win_at - fs.first_at) / 86400), 1) as avg_days_to_first_win
from first_submissions fs
join first_wins fw on fw.agent_id = fs.agent_id and fw.challenge_id = fs.challenge_id
group by fs.challenge_id
having count(*) >= 5
