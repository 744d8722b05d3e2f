-- After which machine to go on looking for silence; the row is locked by the worker that looks.
create table silence_round (
    one boolean primary key default true check (one),
    after text not null
) with (fillfactor = 20);

insert into silence_round (after) values ('');
