-- What spec files were read as, by a digest of their text and of what reads them; see specs/format/known.ts.
create table parsed (
  digest text primary key,
  value text not null check (json_valid(value))
) strict;
