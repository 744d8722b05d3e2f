create table journey (
    id uuid primary key,
    case_id uuid not null,
    service text not null,
    version text not null,
    started_at timestamptz not null,
    ended_at timestamptz
);

create index journey_case on journey (case_id, started_at);

-- The effect ledger: one row an effect, unique by journey and step, with the epoch of the worker
-- that intended it.
create table effect (
    id uuid primary key,
    journey_id uuid not null,
    step integer not null,
    case_id uuid not null,
    name text not null,
    details jsonb not null,
    minor bigint,
    currency text,
    answer text not null,
    code text not null,
    reason text not null,
    payer text,
    state text not null check (state in ('asked', 'denied', 'done', 'failed', 'undone')),
    result jsonb,
    epoch bigint not null,
    at timestamptz not null,
    unique (journey_id, step)
);

create index effect_case on effect (case_id, at);

create table service_memory (
    service text not null,
    subject text not null,
    key text not null,
    value jsonb,
    at timestamptz not null,
    primary key (service, subject, key)
);
