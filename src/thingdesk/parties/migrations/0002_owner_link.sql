-- When an owner last asked for the link to their page by mail.
create table owner_link (
    owner_id uuid primary key references owner,
    asked_at timestamptz not null
);
