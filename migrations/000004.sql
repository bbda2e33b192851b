-- The event tells which units were started together; nobody read this. Some queues of version 3 have none.
drop table if exists waves;
