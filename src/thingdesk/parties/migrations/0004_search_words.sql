-- What the list of machines is searched by.
create index machine_words on machine
    using gin (words_of(id || ' ' || model || ' ' || coalesce(serial, '')));
create index machine_model on machine (model, id);
