create table mandate (
    id uuid primary key,
    owner_id uuid not null unique,
    version integer not null,
    revoked_at timestamptz,
    reason text
);

-- What was granted is never changed; a change of mind is a new version.
create table mandate_version (
    mandate_id uuid not null references mandate,
    version integer not null,
    terms jsonb not null,
    granted_at timestamptz not null,
    primary key (mandate_id, version)
);

create function mandate_version_stays() returns trigger language plpgsql as $$
begin
    raise exception 'a granted version of a mandate is never changed';
end
$$;

create trigger mandate_version_stays before update or delete on mandate_version
    for each row execute function mandate_version_stays();

create table entitlement (
    id uuid primary key,
    kind text not null check (kind in ('warranty', 'contract', 'law')),
    machine text not null,
    reference text not null,
    content jsonb not null,
    begins timestamptz,
    ends timestamptz,
    added_at timestamptz not null,
    unique (machine, kind, reference)
);

create table policy (
    version integer primary key,
    content jsonb not null,
    set_at timestamptz not null,
    set_by uuid
);

-- What is reserved and spent, by scope: an owner's case, an owner's month, the organisation's
-- share of a case. Whoever reserves locks the row first, so that the sum is the true one.
create table budget (
    scope text not null,
    currency text not null,
    spent bigint not null check (spent >= 0),
    primary key (scope, currency)
) with (fillfactor = 70);

create table spending (
    effect_id uuid primary key,
    action_hash text not null,
    case_id uuid not null,
    owner_id uuid,
    payer text not null,
    minor bigint not null,
    currency text not null,
    state text not null check (state in ('reserved', 'settled', 'released')),
    scopes text[] not null,
    code text not null,
    reason text not null,
    mandate_id uuid,
    mandate_version integer,
    reserved_at timestamptz not null,
    ended_at timestamptz
) with (fillfactor = 80);

create index spending_case on spending (case_id);
create index spending_owner on spending (owner_id, reserved_at);

-- An approval permits one action, once: the primary key is the rule.
create table approval_use (
    decision_id uuid primary key,
    effect_id uuid not null,
    used_at timestamptz not null
);
