-- What owners give to one machine, such as an assistant, and what those pass on. The standing
-- mandate of each owner stays alone in `mandate`, where the release before looks for it.
create table mandate_given (
    id uuid primary key,
    owner_id uuid not null,
    machine text not null,
    parent uuid,
    version integer not null,
    given_at timestamptz not null,
    revoked_at timestamptz,
    reason text
);

create unique index mandate_given_once on mandate_given (owner_id, machine)
    where parent is null and revoked_at is null;
create index mandate_given_owner on mandate_given (owner_id, given_at desc);
create index mandate_given_parent on mandate_given (parent) where parent is not null;
create index mandate_given_machine on mandate_given (machine) where revoked_at is null;

-- Versions of both; each is countersigned by the desk from here on.
alter table mandate_version drop constraint mandate_version_mandate_id_fkey;
alter table mandate_version add column signed text;
