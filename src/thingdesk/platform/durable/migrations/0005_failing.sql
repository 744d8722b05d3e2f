-- Runs that fail are listed, among many that do not. What people were `told` of a run's failure is
-- what that failure has in common with its repeats.
create index durable_run_failing on durable_run (progressed_at)
    where state = 'active' and failures > 0;
