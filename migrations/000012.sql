-- The state and the reason that a unit had before its spec went or could not be run; it has them again if the same text
-- comes back.
alter table units add column before_left text check (before_left is null or json_valid(before_left));
