-- An ownership without a finite beginning and end is one that no page and no journey can reckon
-- with. What was stored so begins where the years that the desk reads begin.
delete from ownership where ends <= '1970-01-01T00:00Z';
update ownership set begins = '1970-01-01T00:00Z' where begins < '1970-01-01T00:00Z';
alter table ownership add constraint ownership_moments
    check (begins >= '1970-01-01T00:00Z' and begins < '2201-01-01T00:00Z'
           and ends < '2201-01-01T00:00Z');
