-- Before that a key of the desk is announced, so that everybody knows it when it begins to sign.
alter table desk_key add column signs_from timestamptz;
