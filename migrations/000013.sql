-- When the work of an attempt last conflicted, if it went on in the same attempt with both changes merged.
alter table attempts add column conflict_at integer;
