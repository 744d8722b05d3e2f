-- Whoever holds sessions asks what ended lately.
create index mandate_given_revoked on mandate_given (revoked_at) where revoked_at is not null;
