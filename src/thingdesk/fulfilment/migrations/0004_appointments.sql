create table appointment (
    id uuid primary key,
    case_id uuid not null,
    machine text not null,
    provider uuid not null,
    starts timestamptz not null,
    ends timestamptz not null check (ends > starts),
    state text not null default 'booked' check (state in ('booked', 'cancelled')),
    booked_at timestamptz not null,
    cancelled_at timestamptz
);

create index appointment_booked on appointment (provider, starts) where state = 'booked';
create index appointment_case on appointment (case_id);
