-- A command without a result is `unanswered` once its time is over, and `undelivered` if it was
-- never put out: only the machine knows what it did. A command that is taken back is `recalled`
-- when the machine says that it has dropped it.
alter table command drop constraint command_state_check;
alter table command add constraint command_state_check check (state in (
    'waiting', 'done', 'refused', 'failed', 'expired', 'recalled', 'undelivered', 'unanswered'
));
alter table command drop column late;
alter table command add column recalled_at timestamptz;
alter table command add column recall_reason text;
