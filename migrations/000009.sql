-- Nobody read these: criteria are in the text of their unit, their verdicts in the events.

drop table criteria;
drop table specs;
