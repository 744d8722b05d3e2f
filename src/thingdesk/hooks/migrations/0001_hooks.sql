-- An address that a machine registered, to be told there what happens to its cases.
create table hook (
    id uuid primary key,
    machine text not null,
    owner_id uuid,
    mandate_id uuid,
    form text not null,
    url text not null,
    secret text not null,
    kinds text[],
    case_id uuid,
    made_at timestamptz not null,
    ended_at timestamptz,
    reason text
);
create index hook_machine on hook (machine) where ended_at is null;
create index hook_owner on hook (owner_id) where ended_at is null;

-- Which cases it is told of, up to which number of their timeline; `behind` when there is more.
create table hook_case (
    hook_id uuid not null references hook (id) on delete cascade,
    case_id uuid not null,
    told integer not null,
    behind boolean not null default true,
    primary key (hook_id, case_id)
);
create index hook_case_case on hook_case (case_id);
create index hook_case_behind on hook_case (hook_id, case_id) where behind;

-- What is due there. It names an entry of the timeline and holds nothing of it: what was erased
-- there is told to nobody any more.
create table hook_delivery (
    id uuid primary key,
    hook_id uuid not null references hook (id) on delete cascade,
    case_id uuid not null,
    number integer not null,
    kind text not null,
    made_at timestamptz not null,
    until timestamptz not null,
    state text not null default 'waiting' check (state in ('waiting', 'delivered', 'given_up')),
    attempts integer not null default 0,
    next_at timestamptz not null,
    problem text,
    settled_at timestamptz,
    unique (hook_id, case_id, number),
    check ((state = 'waiting') = (settled_at is null))
) with (fillfactor = 70);
create index hook_delivery_due on hook_delivery (next_at) where state = 'waiting';
create index hook_delivery_given_up on hook_delivery (settled_at desc, id desc)
    where state = 'given_up';
create index hook_delivery_settled on hook_delivery (settled_at) where settled_at is not null;
