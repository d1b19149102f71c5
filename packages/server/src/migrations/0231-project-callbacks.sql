-- Where a project is called for tasks that name no place of their own. The Scale door kept that in the metadata of the projects that it made.
alter table projects add column callback_url text;
update projects set callback_url = nullif(metadata->>'callbackUrl', ''), metadata = metadata - 'callbackUrl'
  where external_id like 'scale-default:%' and metadata ? 'callbackUrl';
