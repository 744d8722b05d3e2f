-- Runs that have not ended are counted again and again, among many that have.
create index durable_run_active on durable_run (id) where state = 'active';
