-- A worker that stood still was not up: it begins a span anew.
alter table intake_span drop constraint intake_span_pkey;
alter table intake_span add primary key (worker, since);
