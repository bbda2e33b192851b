-- What a scheduler of ten thousand units needs to know without looking at all of them; money by unit and role.

create index dependencies_by_target on dependencies (depends_on);

-- A paused unit starts only when a person resumes it. `reached` holds the paths that earlier attempts changed.
alter table units add column paused_at integer;
alter table units add column reached text check (reached is null or json_valid(reached));

-- `call`: one call that is paid; `hold`: money that is kept for judging what is being made.
alter table reservations add column unit text;
alter table reservations add column role text;
alter table reservations add column kind text not null default 'call';
create index reservations_by_time on reservations (created_at);
create index reservations_by_unit on reservations (unit);

-- What a subscription paid for is told, and is no money.
alter table sessions add column notional_micro_usd integer not null default 0;

-- Reports read all attempts; an index that each claim has to write costs more than it gives.
drop index attempts_by_run;

-- What the queue was last brought up to date with.
create table stamps (
  name text primary key,
  value text not null check (json_valid(value))
) strict;
