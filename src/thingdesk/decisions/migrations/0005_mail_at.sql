-- When the mail that has the question is due; several questions can share one, by its notice.
alter table decision add column mail_at timestamptz;
create index decision_notice on decision (notice_id) where state = 'open';
