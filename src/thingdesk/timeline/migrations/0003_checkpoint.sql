-- Whether the stream has changed since it was last in a checkpoint. What was there before is due.
alter table timeline_head add column changed boolean not null default true;
create index timeline_head_changed on timeline_head (stream) where changed;

-- How far streams were, signed by the desk, each checkpoint over the one before it. The streams are
-- in columns of one row: they are written, read and verified together, and nobody asks for one.
create table timeline_checkpoint (
    number bigint primary key,
    at timestamptz not null,
    previous bytea not null,
    root bytea not null,
    signed text not null,
    streams text[] not null,
    seqs integer[] not null,
    hashes bytea[] not null
);
