-- The words of a text, in lower case. Without the replacing, a parser would take car-1 and a.b.c for
-- things of their own. What it costs is overstated, so that a plan calculates it for few rows: an
-- index is used unless the first rows that come will do.
create function words_of(text) returns tsvector
language plpgsql immutable strict parallel safe cost 1000 as $$
begin
    return to_tsvector('simple',
        regexp_replace($1, '[\x01-\x2f\x3a-\x40\x5b-\x60\x7b-\x7f]+', ' ', 'g'));
end
$$;
