create table owner (machine text not null);

create table event (
    seq integer primary key autoincrement,
    id text not null unique,
    topic text not null,
    body text,                          -- gone once a signal is receipted
    hash text not null,
    content text not null,
    queued_at text not null,
    sent_first text,
    attempts integer not null default 0,
    ended_at text,
    ending text,                        -- receipt, refused, dropped, sent
    case_id text,
    outcome text,
    signed text,                        -- the receipt itself, of reports
    refusal text,
    read_at text
);
create index event_open on event (topic, seq) where ended_at is null;
create index event_unread on event (seq) where ending = 'refused' and read_at is null;

create table tally (name text primary key, value integer not null default 0) without rowid;
insert into tally (name) values ('signals'), ('reports'), ('acks'), ('results'), ('dropped');

create trigger event_added after insert on event begin
    update tally set value = value + 1 where name = new.topic;
end;
create trigger event_ended after update of ended_at on event
when old.ended_at is null and new.ended_at is not null begin
    update tally set value = value - 1 where name = new.topic;
end;
create trigger event_reopened after update of ended_at on event
when old.ended_at is not null and new.ended_at is null begin
    update tally set value = value + 1 where name = new.topic;
end;

create table notice (
    seq integer primary key autoincrement,
    id text not null unique,
    body text not null,
    first_at text not null,
    repeats integer not null default 0,
    handled_at text
);
create index notice_open on notice (seq) where handled_at is null;

create table command (
    seq integer primary key autoincrement,
    id text not null unique,
    body text not null,
    first_at text not null,
    repeats integer not null default 0,
    started_at text,
    ended_at text,
    status text,
    detail text
);
create index command_open on command (seq) where ended_at is null;
