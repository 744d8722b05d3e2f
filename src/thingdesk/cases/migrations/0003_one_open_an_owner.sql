-- After a sale the former owner's case is withdrawn, which takes its journey a moment, while the
-- same problem opens a case of the next owner's.
create unique index desk_case_one_open_an_owner on desk_case (subject, key, owner_id)
    nulls not distinct where state <> 'ended';
drop index desk_case_one_open;
