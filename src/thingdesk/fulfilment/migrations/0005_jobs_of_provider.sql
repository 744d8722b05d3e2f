create index job_provider on job (provider, offered_at desc);
