-- Who reported what was a case already, beside its subject and its first reporter. In a table of its
-- own: the release before reads a case's row as a whole.
create table case_reporter (
    case_id uuid not null,
    machine text not null,
    primary key (case_id, machine)
);
