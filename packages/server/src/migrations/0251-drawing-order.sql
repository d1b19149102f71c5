-- What is drawn upon what, where somebody said so: greater lies on top, of equal ones (nothing counts as 0) the newer.
alter table annotations add column z_order double precision;
