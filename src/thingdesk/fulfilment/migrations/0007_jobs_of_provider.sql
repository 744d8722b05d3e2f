create index if not exists job_provider on job (provider, offered_at desc);
