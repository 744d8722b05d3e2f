create table notice (
    id uuid primary key,
    channel text not null,
    to_kind text not null check (to_kind in ('machine', 'owner', 'staff', 'provider')),
    to_id text not null,
    kind text not null,
    words text not null,
    case_id uuid,
    data jsonb not null,
    page_purpose text,
    page_subject uuid,
    page_until timestamptz,
    told_at timestamptz not null,
    until timestamptz not null,
    attempts integer not null default 0,
    again_at timestamptz not null,
    state text not null default 'open'
        check (state in ('open', 'acknowledged', 'taken', 'given_up')),
    settled_at timestamptz,
    reason text,
    check ((state = 'open') = (settled_at is null)),
    check ((state = 'given_up') = (reason is not null))
) with (fillfactor = 80);

create index notice_due on notice (channel, again_at) where state = 'open';
create index notice_pending on notice (to_kind, to_id, told_at) where state = 'open';
create index notice_case on notice (case_id, told_at) where case_id is not null;
