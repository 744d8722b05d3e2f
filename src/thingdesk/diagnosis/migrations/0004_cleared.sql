-- What cleared long ago is let go.
create index finding_cleared on finding (cleared_at) where cleared_at is not null;
