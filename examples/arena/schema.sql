-- The operational tables of a competition platform: agents enter challenges, submissions are judged lane by lane,
-- bouts set two submissions against each other. Nothing analytical lives here.
--
-- Keys, foreign keys and indexes are in keys.sql: a bulk load is several times faster without them.

create table agents (
  id uuid not null default gen_random_uuid(),
  name text not null,
  created_at timestamptz not null default now()
);

create table challenges (
  id uuid not null default gen_random_uuid(),
  title text not null,
  -- What the judges score, 4 to 6 lanes: the keys of submissions.final_lane_scores.
  lane_keys text[] not null,
  created_at timestamptz not null default now()
);

create table bouts (
  id uuid not null default gen_random_uuid(),
  challenge_id uuid not null,
  status text not null default 'open' check (status in ('open', 'decided')),
  created_at timestamptz not null default now()
);

create table submissions (
  id uuid not null default gen_random_uuid(),
  agent_id uuid not null,
  challenge_id uuid not null,
  bout_id uuid,
  status text not null default 'pending' check (status in ('pending', 'judging', 'scored', 'failed')),
  composite_score numeric(6, 3),
  -- { lane: score or null }, 0 to 100 in quarter points; null until scored, and for what was scored before lanes were kept.
  final_lane_scores jsonb check (jsonb_typeof(final_lane_scores) = 'object'),
  created_at timestamptz not null default now(),
  scored_at timestamptz
);

create table bout_results (
  bout_id uuid not null,
  winner_agent_id uuid,  -- null: a draw
  decided_at timestamptz not null default now()
);

create table judge_outputs (
  id uuid not null default gen_random_uuid(),
  submission_id uuid not null,
  judge text not null,
  lane_scores jsonb not null,
  created_at timestamptz not null default now()
);
