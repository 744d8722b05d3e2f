-- Promises that were broken lately are on the wall as long as their case is open.
create index case_promise_broken on case_promise (broken_at) where broken_at is not null;
