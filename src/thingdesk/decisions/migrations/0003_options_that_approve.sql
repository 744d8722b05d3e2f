-- Which action an answer permits stands at the answer, so that choosing may be the approval.
alter table decision add column proposal jsonb;

update decision set options = (
    select jsonb_agg(
        case when option ->> 'id' = 'yes'
             then option || jsonb_build_object('approves', approval_of) else option end
        order by place)
    from jsonb_array_elements(options) with ordinality as t (option, place))
where approval_of is not null;

alter table decision add column approves boolean not null generated always as
    (jsonb_path_exists(options, '$[*].approves ? (@ != null)')) stored;
alter table decision add check
    (not approves or state not in ('expired', 'spared') or chosen is null or chosen = 'no');
