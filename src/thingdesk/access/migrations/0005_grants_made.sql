-- Looked at every few seconds: what was given anew ends a session that began before.
create index access_grant_made on access_grant (made_at);
