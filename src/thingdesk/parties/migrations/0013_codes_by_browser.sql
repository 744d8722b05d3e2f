-- A code by which an owner logs in is good in the browser that asked for it; several may be good side by side.
delete from owner_code;
alter table owner_code drop constraint owner_code_pkey;
alter table owner_code add primary key (id);
alter table owner_code add column browser bytea not null;
create index owner_code_owner on owner_code (owner_id, browser);
