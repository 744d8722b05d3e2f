create table command (
    id uuid primary key,
    run_id uuid not null,
    case_id uuid not null,
    machine text not null,
    name text not null,
    arguments jsonb not null,
    preconditions jsonb not null,
    expires timestamptz not null,
    state text not null default 'waiting'
        check (state in ('waiting', 'done', 'refused', 'failed', 'expired')),
    attempts integer not null default 0,
    next_at timestamptz not null,
    sent_at timestamptz not null,
    detail jsonb,
    settled_at timestamptz,
    -- what came after it had expired: kept, and without effect
    late jsonb
) with (fillfactor = 70);

create index command_due on command (next_at) where state = 'waiting';
create index command_expires on command (expires) where state = 'waiting';
create index command_machine on command (machine, id) where state = 'waiting';
create index command_case on command (case_id);
