-- A place in the queue for a person, which an assistant or another machine holds for its owner.
create table hold (
    id uuid primary key,
    machine text not null,
    subject text not null,
    owner_id uuid not null,
    case_id uuid,
    topic text not null,
    about text not null,
    language text not null,
    reach text,
    safety boolean not null,
    state text not null
        check (state in ('waiting', 'ready', 'talking', 'missed', 'booked', 'ended', 'withdrawn')),
    asked_at timestamptz not null,
    queued_at timestamptz not null,
    since timestamptz not null,
    misses integer not null,
    told_place integer,
    told_by timestamptz,
    told_at timestamptz,
    call_back_at timestamptz,
    staff_id uuid,
    taken_at timestamptz,
    ended_at timestamptz,
    words text,
    check ((state in ('ended', 'withdrawn')) = (ended_at is not null)),
    check (state not in ('ready', 'talking') or (staff_id is not null and taken_at is not null)),
    check (state <> 'booked' or call_back_at is not null),
    check (ended_at is null or reach is null)
) with (fillfactor = 80);

-- one open hold of an owner for each matter, and one conversation at a time for each of the staff
create unique index hold_open on hold (owner_id, topic) where ended_at is null;
create unique index hold_of_staff on hold (staff_id) where state in ('ready', 'talking');
create index hold_queue on hold (safety desc, (least(misses, 1)) desc, queued_at, id)
    where state = 'waiting';
create index hold_under_way on hold (state, since) where ended_at is null;
create index hold_call_back on hold (call_back_at) where call_back_at is not null;
create index hold_owner on hold (owner_id, asked_at);
create index hold_machine on hold (machine) where ended_at is null;
create index hold_taken on hold (taken_at) where taken_at is not null;
create index hold_ended on hold (ended_at) where ended_at is not null;
