-- When what a notice said was forgotten: a channel that keeps what it sent forgets it, too.
alter table notice add column erased_at timestamptz;
update notice set erased_at = told_at where words = '(erased)';
create index notice_erased on notice (channel, erased_at) where erased_at is not null;
