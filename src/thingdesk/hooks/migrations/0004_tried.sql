-- When the last attempt was: what came of it is in `problem`, or it was taken.
alter table hook_delivery add column tried_at timestamptz;
create index hook_delivery_tried on hook_delivery (hook_id, tried_at desc nulls last);
