-- What an agent does while it works: for people who look, and for telling what was spent on what.

alter table sessions add column name text not null default '';
-- 0 for the first work of an attempt, then one for each repair.
alter table sessions add column round integer not null default 0;
alter table sessions add column context_tokens integer;
alter table sessions add column context_window integer;
alter table sessions add column files_read text not null default '[]' check (json_valid(files_read));
alter table sessions add column files_written text not null default '[]' check (json_valid(files_written));
alter table sessions add column last_word text;
-- What it had cost when it changed something for the first time.
alter table sessions add column orientation_micro_usd integer;
-- When a person took it out of the list; what it cost stays counted.
alter table sessions add column removed_at integer;
create index sessions_by_name on sessions (name);
