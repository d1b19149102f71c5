-- One person may be in several organisations, each of which knows them by itself and says nothing of the others.
drop index users_email;
create unique index users_email on users (email, org_id);
