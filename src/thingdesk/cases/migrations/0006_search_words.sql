-- What the list of cases is searched by.
create index desk_case_words on desk_case
    using gin (words_of(title || ' ' || subject || ' ' || reporter || ' ' || input::text));

-- Each filter of the list leads to its page, also where few cases fit or none.
create index desk_case_service on desk_case (service, opened_at desc, id desc);
create index desk_case_outcome on desk_case (outcome, opened_at desc, id desc)
    where outcome is not null;
