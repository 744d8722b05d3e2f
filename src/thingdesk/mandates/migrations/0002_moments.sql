-- None is what stands for no beginning and no end; an infinity can be reckoned with by nobody.
update entitlement set begins = null where begins < '1970-01-01T00:00Z';
update entitlement set begins = '2200-12-31T00:00Z' where begins >= '2201-01-01T00:00Z';
update entitlement set ends = null where ends >= '2201-01-01T00:00Z';
update entitlement set ends = '1970-01-01T00:00Z' where ends < '1970-01-01T00:00Z';
alter table entitlement add constraint entitlement_moments
    check (begins >= '1970-01-01T00:00Z' and begins < '2201-01-01T00:00Z'
           and ends >= '1970-01-01T00:00Z' and ends < '2201-01-01T00:00Z');
