-- The newest entries are asked for by kind, and few kinds are wanted.
create index timeline_event_kind on timeline_event (kind, at desc, seq desc);
drop index timeline_event_at;
