-- Who has sent what already; kept eight days.
create table signal_event (
    machine text not null,
    event_id text not null,
    hash bytea not null,
    received_at timestamptz not null,
    primary key (machine, event_id)
);

create index signal_event_received on signal_event using brin (received_at);

-- `tx` and `id` order what is committed: a reader that goes no further than the oldest
-- transaction still under way misses nothing.
create table signal (
    id bigint generated always as identity,
    tx bigint not null default (pg_current_xact_id()::text::bigint),
    shard smallint not null,
    machine text not null,
    event_id text not null,
    at timestamptz not null,
    trusted boolean not null,
    received_at timestamptz not null,
    "values" jsonb not null,
    codes text[],
    lat double precision,
    lon double precision
) partition by range (received_at);

create table signal_other partition of signal default;

create index signal_order on signal (shard, tx, id);
create index signal_machine on signal (machine, at);

create table signal_latest (
    machine text primary key,
    at timestamptz not null,
    received_at timestamptz not null,
    "values" jsonb not null,
    codes text[],
    lat double precision,
    lon double precision
) with (fillfactor = 50);

-- When our own intake was up: silence counts only within these.
create table intake_span (
    worker uuid primary key,
    since timestamptz not null,
    until timestamptz not null
);

create index intake_span_until on intake_span (until);
