-- A case that came back is proven by its turn's own verification, and by none of before.
alter table verification add column turn integer not null default 0;
update verification v set turn = c.reopened
from desk_case c where c.id = v.case_id and c.state = 'verifying' and c.reopened > 0;
