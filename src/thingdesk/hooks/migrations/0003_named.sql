-- A hook of one case may have a name of its machine's choice, and wants to be shown, in headers, who
-- calls.
alter table hook add column name text, add column shown jsonb not null default '{}';
create unique index hook_named on hook (machine, form, case_id, name)
    where ended_at is null and name is not null;
