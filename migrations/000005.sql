-- What a call may have cost on top of what is known: its end was not seen.
alter table reservations add column possible_micro_usd integer not null default 0;
alter table sessions add column possible_micro_usd integer not null default 0;
