create table machine (
    id text primary key check (id ~ '^[A-Za-z0-9_-]{1,64}$'),
    kind text not null,
    model text not null,
    serial text,
    attributes jsonb not null,
    expected_interval interval,
    lat double precision,
    lon double precision,
    -- when the machine itself said where it is; null for a position that was registered
    position_at timestamptz,
    last_seen timestamptz,
    registered_at timestamptz not null
) with (fillfactor = 70); -- "seen" updates a row in place

-- one thing, one machine: the same warranty is not claimed under two ids
create unique index machine_serial on machine (model, serial) where serial is not null;
create index machine_kind on machine (kind, id);

-- A key is some machine's for ever: the primary key keeps a cloned one from a second machine.
create table machine_key (
    kid text primary key,
    machine text not null references machine,
    x text not null,
    added_at timestamptz not null,
    revoked_at timestamptz,
    reason text
);

create index machine_key_machine on machine_key (machine);
create index machine_key_revoked on machine_key (revoked_at) where revoked_at is not null;

create table owner (
    id uuid primary key,
    email text unique check (email = lower(email)),
    name text not null,
    zone text not null,
    added_at timestamptz not null
);

-- Periods of one machine do not overlap: only one is open, and whoever begins or ends one holds
-- the machine's row and begins no period before the end of the last.
create table ownership (
    machine text not null references machine,
    owner_id uuid not null references owner,
    begins timestamptz not null,
    ends timestamptz check (ends > begins),
    primary key (machine, begins)
);

create unique index ownership_open on ownership (machine) where ends is null;
create index ownership_owner on ownership (owner_id);

create table desk_key (
    kid text primary key,
    private jsonb not null,
    made_at timestamptz not null
);

create table staff (
    id uuid primary key,
    email text not null unique check (email = lower(email)),
    name text not null,
    roles text[] not null,
    password text,
    added_at timestamptz not null,
    disabled_at timestamptz
);

-- Tokens are kept as digests: who reads the table cannot use them.
create table staff_link (
    digest bytea primary key,
    staff_id uuid not null references staff,
    expires_at timestamptz not null
);

create table staff_session (
    digest bytea primary key,
    staff_id uuid not null references staff,
    expires_at timestamptz not null
);

create index staff_session_staff on staff_session (staff_id);

create table staff_attempt (
    subject text primary key,
    failures integer not null,
    last_at timestamptz not null,
    blocked_until timestamptz
);

create index staff_attempt_last on staff_attempt (last_at);

create table provider (
    id uuid primary key,
    name text not null unique,
    kinds text[] not null,
    skills text[] not null,
    lat double precision not null,
    lon double precision not null,
    zone text not null,
    hours jsonb not null,
    capacity integer not null check (capacity > 0),
    webhook_url text,
    webhook_secret text not null,
    email text,
    added_at timestamptz not null
);

create index provider_kinds on provider using gin (kinds);
