-- How far diagnosis has come in each shard; the row is locked while a worker takes the shard's
-- signals on, and moves in the transaction that keeps what they changed.
create table diagnosis_shard (
    shard smallint primary key,
    tx bigint not null default 0,
    id bigint not null default 0,
    -- nothing before this needs to be looked at, so that old partitions are left alone
    received_from timestamptz not null default '-infinity',
    advanced_at timestamptz not null default '-infinity'
);

insert into diagnosis_shard (shard) select generate_series(0, 15);

create table rule_state (
    machine text not null,
    rule text not null,
    state jsonb not null,
    primary key (machine, rule)
) with (fillfactor = 70);

create table finding (
    id uuid primary key,
    machine text not null,
    rule text not null,
    about text not null,
    severity text not null,
    confidence double precision not null,
    evidence jsonb not null,
    opened_at timestamptz not null,
    cleared_at timestamptz,
    noted_at timestamptz not null
);

create unique index finding_open on finding (machine, rule, about) where cleared_at is null;
create index finding_machine on finding (machine, opened_at desc);
create index finding_noted on finding (noted_at desc);
