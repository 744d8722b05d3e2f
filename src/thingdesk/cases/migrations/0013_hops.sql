-- Through how many hands the requests for a case had gone, at most, where they had gone through any.
create table case_hops (
    case_id uuid primary key,
    hops integer not null
);
