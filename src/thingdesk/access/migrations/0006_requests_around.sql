-- The larger network that a stranger's came from; null for a machine, which has proven its key.
alter table access_request add column around text;
create index access_request_around on access_request (around) where state = 'waiting';
