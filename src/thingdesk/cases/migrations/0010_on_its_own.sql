-- When a machine asked by its own key for what was open under a mandate: from then on the standing
-- mandate of its owner counts for it.
alter table case_mandate add column left_at timestamptz;
