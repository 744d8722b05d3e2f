-- How owners log in: by a code that is mailed to them. The code itself is kept nowhere.
create table owner_code (
    owner_id uuid primary key references owner,
    id uuid not null,
    expires_at timestamptz not null,
    tries integer not null default 0
);

create table owner_session (
    digest bytea primary key,
    owner_id uuid not null references owner,
    began_at timestamptz not null,
    expires_at timestamptz not null
);
