-- Under which mandate it was asked for: with that it ends.
alter table hold add column mandate_id uuid;
create index hold_under_mandate on hold (mandate_id)
    where mandate_id is not null and ended_at is null;
