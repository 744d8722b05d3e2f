create index durable_run_ended on durable_run (progressed_at) where state = 'ended';
