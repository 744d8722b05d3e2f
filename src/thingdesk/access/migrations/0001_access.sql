-- What an owner let a machine do by way of an application: all tokens of it hang on this row.
create table access_grant (
    id uuid primary key,
    client text not null,
    machine text not null,
    owner_id uuid not null,
    mandate_id uuid not null,
    surfaces text[] not null,
    made_at timestamptz not null,
    ended_at timestamptz,
    reason text
);

create index access_grant_owner on access_grant (owner_id, made_at);
create index access_grant_ended on access_grant (ended_at) where ended_at is not null;

-- What waits for an owner: a pairing by a code that they type, or a request of their browser.
-- Secrets are kept as digests: who reads the table cannot use them.
create table access_request (
    id uuid primary key,
    kind text not null check (kind in ('pair', 'authorize')),
    client jsonb not null,
    asks jsonb not null,
    surfaces text[] not null,
    made_at timestamptz not null,
    expires_at timestamptz not null,
    state text not null check (state in ('waiting', 'confirmed', 'denied', 'used')),
    grant_id uuid references access_grant,
    -- of a pairing
    user_code bytea unique,
    device_code bytea unique,
    pause interval,
    asked_at timestamptz,
    -- of a request by browser
    redirect text,
    client_state text,
    challenge text,
    method text,
    base text,
    jkt text,
    code bytea unique,
    code_until timestamptz
);

create index access_request_expires on access_request (expires_at);

create table access_refresh (
    digest bytea primary key,
    grant_id uuid not null references access_grant,
    jkt text,
    made_at timestamptz not null,
    expires_at timestamptz not null,
    used_at timestamptz
);

create index access_refresh_grant on access_refresh (grant_id);
create index access_refresh_expires on access_refresh (expires_at);

-- Tokens that were ended one by one.
create table access_ended (
    jti uuid primary key,
    machine text not null,
    ended_at timestamptz not null,
    until timestamptz not null
);

create index access_ended_until on access_ended (until);
create index access_ended_at on access_ended (ended_at);

-- What may be shown once: proofs and assertions, for as long as they would be good. After a crash
-- of the server it is empty, when nothing that was made before is good any more, or nearly so.
create unlogged table access_once (
    digest bytea primary key,
    until timestamptz not null
);

create index access_once_until on access_once (until);

-- Codes that were typed and are none, by who typed them.
create unlogged table access_try (
    who text primary key,
    failures integer not null,
    since timestamptz not null
);

create index access_try_since on access_try (since);
