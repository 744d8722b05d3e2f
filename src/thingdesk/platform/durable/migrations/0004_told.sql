-- What people were told of a run that is stuck; told again only when it is another problem.
alter table durable_run add column told text;
