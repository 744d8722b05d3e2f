-- What was settled long ago is let go.
create index notice_settled on notice (settled_at) where settled_at is not null;
