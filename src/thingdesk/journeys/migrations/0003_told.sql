-- What staff were told of journeys that fail, by cause: a cause is told once in a while.
create table journey_told (
    name text primary key,
    at timestamptz not null
);

-- When staff were told that a stuck journey's problem was said again; null: not since it is stuck.
alter table journey add column said_again_at timestamptz;
