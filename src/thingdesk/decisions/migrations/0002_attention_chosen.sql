-- How many questions a week an owner wants, where they have said so.
create table attention_chosen (
    owner_id uuid primary key,
    questions integer not null check (questions >= 0)
);
