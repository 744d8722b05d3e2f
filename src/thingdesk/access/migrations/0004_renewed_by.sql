-- By which keys it was proven who used it: they alone may ask once more for what came of it.
alter table access_refresh add column used_by text;
