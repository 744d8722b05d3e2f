-- They are noted with the case, in `case_hops`.
drop table dialogue_hops;
