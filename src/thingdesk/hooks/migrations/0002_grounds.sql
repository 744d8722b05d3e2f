-- What else it rests on by whom it was registered: a grant, and keys of machines.
alter table hook add column grant_id uuid, add column keys text[] not null default '{}';
