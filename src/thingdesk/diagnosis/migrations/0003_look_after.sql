-- When somebody looks next whether an open finding is looked after, and what staff were told of it.
alter table finding add column look_at timestamptz not null default '-infinity',
    add column told text;
create index finding_look on finding (look_at) where cleared_at is null;
