-- Whether somebody is on the way to a machine already.
create index job_under_way on job (machine, task)
    where appointment is null and state in ('offered', 'accepted', 'under_way', 'arrived');
