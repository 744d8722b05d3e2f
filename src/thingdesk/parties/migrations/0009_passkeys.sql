-- Passkeys of staff: their public keys. `credential` is the authenticator's own name for one.
create table staff_passkey (
    id uuid primary key,
    staff_id uuid not null references staff,
    credential bytea not null unique,
    public_key bytea not null,
    sign_count bigint not null,
    transports text[] not null,
    name text not null,
    added_at timestamptz not null,
    used_at timestamptz
);

create index staff_passkey_staff on staff_passkey (staff_id);

-- What a passkey is to sign, once; `digest` is of the token of the browser that was asked.
create table staff_challenge (
    digest bytea primary key,
    staff_id uuid not null references staff,
    challenge bytea not null,
    wanted text not null,
    expires_at timestamptz not null
);

create index staff_challenge_staff on staff_challenge (staff_id);

create table staff_rule (
    single boolean primary key default true check (single),
    passkeys_required boolean not null
);

-- By what a session was opened.
alter table staff_session add column opened_by text not null default 'password';
