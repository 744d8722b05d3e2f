create table job (
    id uuid primary key,
    run_id uuid not null,
    case_id uuid not null,
    machine text not null,
    provider uuid not null,
    task text not null,
    words text not null,
    part text,
    lat double precision,
    lon double precision,
    appointment uuid,
    details jsonb not null,
    amount_minor bigint check (amount_minor >= 0),
    amount_currency text,
    answer_by timestamptz not null,
    offered_at timestamptz not null,
    state text not null default 'offered' check (state in (
        'offered', 'accepted', 'declined', 'expired', 'under_way', 'arrived', 'done', 'cancelled'
    )),
    reached jsonb not null,
    arrival timestamptz,
    reason text,
    evidence jsonb
) with (fillfactor = 70);

create index job_unanswered on job (answer_by) where state = 'offered';
create index job_case on job (case_id);
create index job_busy on job (provider)
    where state in ('offered', 'accepted', 'under_way', 'arrived');

-- What a provider's own system is told of a job, until it took it.
create table job_delivery (
    id uuid primary key,
    job_id uuid not null references job (id) on delete cascade,
    kind text not null check (kind in ('job.offered', 'job.cancelled')),
    state text not null default 'waiting' check (state in ('waiting', 'delivered', 'given_up')),
    attempts integer not null default 0,
    next_at timestamptz not null,
    problem text,
    unique (job_id, kind)
) with (fillfactor = 70);

create index job_delivery_due on job_delivery (next_at) where state = 'waiting';
