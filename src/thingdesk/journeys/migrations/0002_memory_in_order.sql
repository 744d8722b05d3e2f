-- What an instant service keeps has neighbours in the order of its keys, whatever the server's own
-- order of text is.
alter table service_memory alter column key type text collate "C";
