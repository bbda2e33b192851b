-- A session may belong to a run instead of a unit and an attempt.

create table sessions_of_runs (
  id integer primary key,
  run text not null references runs (id),
  attempt text references attempts (id),
  unit text references units (id),
  role text not null,
  agent text not null,
  model text,
  started_at integer not null,
  ended_at integer,
  input_tokens integer not null default 0,
  output_tokens integer not null default 0,
  cache_read_tokens integer not null default 0,
  cache_write_tokens integer not null default 0,
  calls integer not null default 0,
  tool_calls integer not null default 0,
  cost_micro_usd integer,
  outcome text,
  notional_micro_usd integer not null default 0,
  name text not null default '',
  round integer not null default 0,
  context_tokens integer,
  context_window integer,
  files_read text not null default '[]' check (json_valid(files_read)),
  files_written text not null default '[]' check (json_valid(files_written)),
  last_word text,
  orientation_micro_usd integer,
  removed_at integer,
  possible_micro_usd integer not null default 0,
  check ((unit is null) = (attempt is null))
) strict;

insert into sessions_of_runs
  select s.id, a.run, s.attempt, s.unit, s.role, s.agent, s.model, s.started_at, s.ended_at, s.input_tokens, s.output_tokens,
    s.cache_read_tokens, s.cache_write_tokens, s.calls, s.tool_calls, s.cost_micro_usd, s.outcome, s.notional_micro_usd,
    s.name, s.round, s.context_tokens, s.context_window, s.files_read, s.files_written, s.last_word,
    s.orientation_micro_usd, s.removed_at, s.possible_micro_usd
  from sessions s join attempts a on a.id = s.attempt;
drop table sessions;
alter table sessions_of_runs rename to sessions;

create index sessions_by_attempt on sessions (attempt);
create index sessions_by_run on sessions (run);
create index sessions_by_name on sessions (name);
create index sessions_by_unit on sessions (unit);
create index sessions_open on sessions (id) where ended_at is null;
create index sessions_by_time on sessions (started_at);
