-- What is forgotten of old runs is found by their runs, and kept work by its commit.

-- When the steps of a run were forgotten.
alter table runs add column pruned_at integer;
create index evidence_by_run on evidence (run);
create index attempts_by_work on attempts (work_commit) where work_commit is not null;
