-- What a case was asked for under, where that is a mandate which its owner gave to one machine. In a
-- table of its own: the release before reads a case's row as a whole.
create table case_mandate (
    case_id uuid primary key,
    mandate_id uuid not null
);

create index case_mandate_of on case_mandate (mandate_id);
