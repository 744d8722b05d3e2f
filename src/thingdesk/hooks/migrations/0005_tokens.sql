-- The tokens by which it was registered: who gives one back ends what it made. That its time is over does not.
alter table hook add column tokens uuid[] not null default '{}';
create index hook_tokens on hook using gin (tokens) where ended_at is null;
