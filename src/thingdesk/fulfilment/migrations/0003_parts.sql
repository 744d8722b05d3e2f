-- What is free: reserved parts are not counted any more.
create table part_stock (
    provider uuid not null,
    part text not null,
    quantity integer not null check (quantity >= 0),
    primary key (provider, part)
) with (fillfactor = 70);

create table part_reservation (
    id uuid primary key,
    case_id uuid not null,
    provider uuid not null,
    part text not null,
    quantity integer not null check (quantity > 0),
    state text not null default 'reserved' check (state in ('reserved', 'released', 'used')),
    reserved_at timestamptz not null,
    ended_at timestamptz
) with (fillfactor = 70);

create index part_reservation_case on part_reservation (case_id);
