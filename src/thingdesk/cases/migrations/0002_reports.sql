-- Which report was answered how, so that a repeat gets the same answer; kept eight days.
create table report (
    reporter text not null,
    event_id text not null,
    hash bytea not null,
    received_at timestamptz not null,
    case_id uuid,
    outcome jsonb,
    primary key (reporter, event_id)
) with (fillfactor = 80);

create index report_received on report using brin (received_at);
