-- By whom else staff are known: whoever vouches for them, and what they call them.
create table staff_identity (
    issuer text not null,
    subject text not null,
    staff_id uuid not null references staff,
    since timestamptz not null,
    primary key (issuer, subject)
);

create index staff_identity_staff on staff_identity (staff_id);

-- Log-ins elsewhere that came back: each does so once.
create table staff_return (
    digest bytea primary key,
    expires_at timestamptz not null
);
