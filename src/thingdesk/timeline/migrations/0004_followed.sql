-- Streams of which somebody outside wants to be told: `moved` when there is something new in them.
-- A stream that nobody follows is never marked, so that writing to it costs what it did.
alter table timeline_head
    add column followed boolean not null default false,
    add column moved boolean not null default false;
create index timeline_head_moved on timeline_head (stream) where moved;
