-- One row a problem, locked while it is decided: it points to its current case and remembers the
-- last one for reopening.
create table problem (
    subject text not null,
    key text not null,
    service text not null,
    identity jsonb not null,
    current_case uuid,
    last_case uuid,
    reports integer not null default 0,
    primary key (subject, key)
) with (fillfactor = 70);

create table desk_case (
    id uuid primary key,
    subject text not null,
    key text not null,
    owner_id uuid,
    service text not null,
    version text not null,
    title text not null,
    input jsonb not null,
    origin text not null,
    reporter text not null,
    safety boolean not null default false,
    state text not null default 'open' check (state in ('open', 'verifying', 'ended')),
    outcome text check (outcome in ('verified', 'fulfilled', 'unverified', 'refused', 'withdrawn')),
    outcome_data jsonb,
    outcome_words text,
    evidence jsonb,
    reports integer not null default 1,
    reopened integer not null default 0,
    opened_at timestamptz not null,
    began_at timestamptz,
    ended_at timestamptz,
    relapse_until timestamptz,
    check ((state = 'ended') = (outcome is not null))
) with (fillfactor = 70);

create unique index desk_case_one_open on desk_case (subject, key) where state <> 'ended';
create index desk_case_opened on desk_case (opened_at desc);
create index desk_case_state on desk_case (state, opened_at desc);
create index desk_case_subject on desk_case (subject, opened_at desc);
create index desk_case_owner on desk_case (owner_id, opened_at desc);

create table case_promise (
    case_id uuid not null,
    name text not null,
    round integer not null default 0,
    started_at timestamptz not null,
    due_at timestamptz,
    seconds double precision not null,
    zone text,
    pauses jsonb not null default '[]',
    kept_at timestamptz,
    broken_at timestamptz,
    primary key (case_id, name, round)
);

create index case_promise_running on case_promise (due_at)
    where kept_at is null and broken_at is null;

create table verification (
    id uuid primary key,
    case_id uuid not null,
    subject text not null,
    run_id uuid not null,
    key text not null,
    criterion jsonb not null,
    progress jsonb not null,
    begun_at timestamptz not null,
    settled_at timestamptz,
    proven boolean
);

create index verification_running on verification (subject) where settled_at is null;
create index verification_case on verification (case_id);
