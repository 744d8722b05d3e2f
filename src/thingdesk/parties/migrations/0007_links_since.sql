-- Signed links of this owner that are older than this are good for nothing.
alter table owner add column links_since timestamptz;
