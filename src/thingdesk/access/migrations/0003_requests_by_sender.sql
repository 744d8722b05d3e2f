-- Of whom so many requests may wait: the machine, or the address that an application's came from.
alter table access_request add column sender text not null default '';
create index access_request_sender on access_request (sender) where state = 'waiting';
