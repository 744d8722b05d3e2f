-- For machines without a key of their own, of whom a broker asks by their id alone.
create index access_grant_machine on access_grant (machine) where ended_at is null;
