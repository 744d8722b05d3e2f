-- What an instant service keeps for a time, and not until it is replaced.
alter table service_memory add column until timestamptz;
create index service_memory_until on service_memory (until) where until is not null;
