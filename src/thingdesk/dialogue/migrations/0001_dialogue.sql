-- How often a machine has said something in one context since `begun_at`.
create table dialogue_turn (
    machine text not null,
    context text not null,
    begun_at timestamptz not null,
    turns integer not null,
    primary key (machine, context)
) with (fillfactor = 70);

create index dialogue_turn_begun on dialogue_turn (begun_at);
