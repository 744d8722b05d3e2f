create table decision (
    id uuid primary key,
    case_id uuid not null,
    run_id uuid not null,
    key text not null,
    asks text not null check (asks in ('owner', 'staff')),
    owner_id uuid,
    words text not null,
    options jsonb not null,
    deadline timestamptz not null,
    default_option text,
    approval_of text,
    safety boolean not null,
    asked_at timestamptz not null,
    notice_id uuid,
    state text not null check (state in ('open', 'answered', 'expired', 'spared', 'withdrawn')),
    chosen text,
    by_kind text,
    by_id text,
    settled_at timestamptz,
    unique (run_id, key),
    check (asks = 'staff' or owner_id is not null),
    check ((state = 'open') = (settled_at is null)),
    check ((state = 'answered') = (by_id is not null)),
    check (state in ('answered', 'expired', 'spared') or chosen is null),
    check (approval_of is null or state not in ('expired', 'spared') or chosen = 'no')
) with (fillfactor = 80);

create index decision_due on decision (deadline) where state = 'open';
create index decision_case on decision (case_id, asked_at);
create index decision_owner on decision (owner_id, asked_at) where state = 'open';
create index decision_staff on decision (asked_at) where state = 'open' and asks = 'staff';

-- Questions put to an owner in a calendar week of their zone, for the attention budget.
create table attention_spent (
    owner_id uuid not null,
    week date not null,
    asked integer not null,
    primary key (owner_id, week)
);

create table attention_setting (
    single boolean primary key default true check (single),
    questions integer not null check (questions >= 0)
);
