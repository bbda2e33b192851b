-- Why a request was not done: its code, its sentence and what to do, in JSON; null for one that was.

alter table requests add column refusal text check (refusal is null or json_valid(refusal));
