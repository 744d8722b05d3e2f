-- Each yes of an owner is a mandate of its own, also to a machine that they gave one before.
drop index mandate_given_once;
