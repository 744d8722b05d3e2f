-- When a machine last said anything that is no signal; last_seen is its last signal, by which
-- silence is found.
alter table machine add column last_said timestamptz;
