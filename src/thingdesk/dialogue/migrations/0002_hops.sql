-- Through how many hands the request for a case had gone, where it had gone through any.
create table dialogue_hops (
    case_id uuid primary key,
    hops integer not null,
    noted_at timestamptz not null
);

create index dialogue_hops_noted on dialogue_hops (noted_at);
