-- What those who asked said in words of their own, beside the input: a ticket's description, its id in
-- their system.
create table case_said (
    case_id uuid not null,
    reporter text not null,
    event_id text not null,
    said jsonb not null,
    said_at timestamptz not null,
    primary key (case_id, reporter, event_id)
);
