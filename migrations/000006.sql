-- What a run asks for again and again is found without looking at everything that was ever recorded.

create index events_by_unit on events (unit, id);
create index events_of_maps on events (id) where type = 'map-made';
create index sessions_by_unit on sessions (unit);
create index sessions_open on sessions (id) where ended_at is null;
create index sessions_by_time on sessions (started_at);
create index reservations_open on reservations (kind) where settled_micro_usd is null;
create index reservations_of_holds on reservations (attempt) where kind = 'hold';
-- No statement ever used it.
drop index evidence_by_unit;

-- The day on which a reservation was made, by the clock of this machine then; the trigger below fills it in.
alter table reservations add column day text not null default '';

-- Sums of reservations, by all that a cap can be on, so that no call has to add up those before it. `name` is a run,
-- `<run> <unit>`, `<run> <role>`, or a day. The triggers keep them true with every row that is written.
create table totals (
  scope text not null check (scope in ('run', 'unit', 'role', 'day')),
  name text not null,
  -- For certain; perhaps, or by a call whose end is still to come; kept for judging.
  spent_micro_usd integer not null,
  possible_micro_usd integer not null,
  held_micro_usd integer not null,
  primary key (scope, name)
) strict, without rowid;

create trigger reservations_added after insert on reservations begin
  update reservations set day = date(new.created_at / 1000, 'unixepoch', 'localtime') where id = new.id and day = '';
  insert into totals (scope, name, spent_micro_usd, possible_micro_usd, held_micro_usd)
  select scope, name,
    coalesce(new.settled_micro_usd, 0),
    iif(new.kind = 'call', iif(new.settled_micro_usd is null, new.reserved_micro_usd, new.possible_micro_usd), 0),
    iif(new.kind = 'hold', iif(new.settled_micro_usd is null, new.reserved_micro_usd, new.possible_micro_usd), 0)
  from (
    select 'run' as scope, new.run as name
    union all select 'unit', new.run || ' ' || coalesce(new.unit, '')
    union all select 'role', new.run || ' ' || coalesce(new.role, '')
    union all select 'day', iif(new.day = '', date(new.created_at / 1000, 'unixepoch', 'localtime'), new.day)
  )
  where true
  on conflict do update set
    spent_micro_usd = spent_micro_usd + excluded.spent_micro_usd,
    possible_micro_usd = possible_micro_usd + excluded.possible_micro_usd,
    held_micro_usd = held_micro_usd + excluded.held_micro_usd;
end;

create trigger reservations_changed
after update of reserved_micro_usd, settled_micro_usd, possible_micro_usd on reservations begin
  update totals set
    spent_micro_usd = spent_micro_usd + coalesce(new.settled_micro_usd, 0) - coalesce(old.settled_micro_usd, 0),
    possible_micro_usd = possible_micro_usd + iif(new.kind = 'call',
      iif(new.settled_micro_usd is null, new.reserved_micro_usd, new.possible_micro_usd)
      - iif(old.settled_micro_usd is null, old.reserved_micro_usd, old.possible_micro_usd), 0),
    held_micro_usd = held_micro_usd + iif(new.kind = 'hold',
      iif(new.settled_micro_usd is null, new.reserved_micro_usd, new.possible_micro_usd)
      - iif(old.settled_micro_usd is null, old.reserved_micro_usd, old.possible_micro_usd), 0)
  where (scope = 'run' and name = new.run)
    or (scope = 'unit' and name = new.run || ' ' || coalesce(new.unit, ''))
    or (scope = 'role' and name = new.run || ' ' || coalesce(new.role, ''))
    or (scope = 'day' and name = new.day);
end;

-- What was recorded before, row by row, through the same trigger.
create temporary table earlier as select * from reservations order by id;
delete from reservations;
insert into reservations (id, run, attempt, unit, role, kind, reserved_micro_usd, settled_micro_usd, possible_micro_usd, created_at)
select id, run, attempt, unit, role, kind, reserved_micro_usd, settled_micro_usd, possible_micro_usd, created_at from earlier;
drop table earlier;
