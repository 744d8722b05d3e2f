-- The present of a machine whose signals come out of a recording is the time of its last one.
alter table machine add column recorded boolean not null default false;
