create table durable_run (
    id uuid primary key,
    code text not null,
    input jsonb,
    journal jsonb not null default '[]',
    priority smallint not null,
    state text not null default 'active' check (state in ('active', 'ended', 'stuck')),
    wake_at timestamptz,
    waits_for text[] not null default '{}',
    epoch bigint not null default 0,
    failures integer not null default 0,
    problem text,
    started_at timestamptz not null,
    progressed_at timestamptz not null
) with (fillfactor = 60);

create index durable_run_due on durable_run (priority, wake_at) where wake_at is not null;
create index durable_run_stuck on durable_run (progressed_at) where state = 'stuck';

create table durable_message (
    run_id uuid not null,
    key text not null,
    value jsonb,
    seen boolean not null default false,
    primary key (run_id, key)
);

create index durable_message_unseen on durable_message (run_id) where not seen;
