-- It stands at the answers now. Its check goes with it.
alter table decision drop column approval_of;
