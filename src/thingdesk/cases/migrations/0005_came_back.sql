-- A finding that is later than the proof of the case which is still open: its opening waits here
-- until that case has ended.
alter table problem add column came_back jsonb;
