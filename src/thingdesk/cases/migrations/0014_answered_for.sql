-- For whom a report was answered at once: whose its subject was, as the desk knew it then. A sale may be
-- entered later than it was. Of what became a case, the case says it.
alter table report add column owner_id uuid;
