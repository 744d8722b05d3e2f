create table timeline_head (
    stream text primary key,
    seq integer not null,
    hash bytea not null
) with (fillfactor = 70);

create table timeline_event (
    stream text not null,
    seq integer not null,
    at timestamptz not null,
    kind text not null,
    digest bytea not null,
    hash bytea not null,
    primary key (stream, seq)
);

create index timeline_event_at on timeline_event (at);

-- Personal values live beside the chain and can be erased; the salted digest stays.
-- `json` and not `jsonb`: the digest is over the very text.
create table timeline_value (
    stream text not null,
    seq integer not null,
    salt bytea not null,
    value json not null,
    primary key (stream, seq)
);
