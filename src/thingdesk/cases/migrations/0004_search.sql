-- What ended lately, for the wall; the page of a list goes on after (opened_at, id).
create index desk_case_ended on desk_case (ended_at desc) where state = 'ended';
create index desk_case_page on desk_case (opened_at desc, id desc);
drop index desk_case_opened;
