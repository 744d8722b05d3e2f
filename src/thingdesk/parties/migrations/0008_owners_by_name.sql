-- The list of owners goes by name, each with the first of their machines.
create index owner_name on owner (lower(name), id) where email is not null;
create index ownership_owner_machine on ownership (owner_id, machine);
drop index ownership_owner;
