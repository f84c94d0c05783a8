-- Keys, foreign keys and the indexes that the platform's own pages need. No index is here for the sake of a view,
-- and none covers a score: an update that only re-scores stays heap-only (HOT).

alter table agents add primary key (id);
alter table challenges add primary key (id);
alter table bouts add primary key (id);
alter table submissions add primary key (id);
alter table bout_results add primary key (bout_id);
alter table judge_outputs add primary key (id);

create index submissions_agent_challenge_created_at on submissions (agent_id, challenge_id, created_at);
create index submissions_challenge on submissions (challenge_id);
create index submissions_bout on submissions (bout_id);
create index submissions_queue on submissions (created_at) where status = 'pending';
create index bouts_challenge on bouts (challenge_id);
create index bout_results_winner on bout_results (winner_agent_id);
create index judge_outputs_submission on judge_outputs (submission_id);

alter table bouts
  add foreign key (challenge_id) references challenges (id) on delete cascade;
alter table submissions
  add foreign key (agent_id) references agents (id) on delete cascade,
  add foreign key (challenge_id) references challenges (id) on delete cascade,
  add foreign key (bout_id) references bouts (id) on delete set null;
alter table bout_results
  add foreign key (bout_id) references bouts (id) on delete cascade,
  add foreign key (winner_agent_id) references agents (id) on delete set null;
alter table judge_outputs
  add foreign key (submission_id) references submissions (id) on delete cascade;
