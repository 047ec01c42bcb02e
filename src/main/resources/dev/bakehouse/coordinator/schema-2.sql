ALTER TABLE steps ADD COLUMN uploader TEXT;
ALTER TABLE steps ADD COLUMN omitted INTEGER NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN type TEXT NOT NULL DEFAULT 'script';
ALTER TABLE jobs ADD COLUMN matrix TEXT NOT NULL DEFAULT '{}';
ALTER TABLE jobs ADD COLUMN scheduled INTEGER NOT NULL DEFAULT 0;
UPDATE jobs SET scheduled=created;
ALTER TABLE jobs ADD COLUMN concurrency_group TEXT;
ALTER TABLE jobs ADD COLUMN concurrency INTEGER NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN eager INTEGER NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN reason TEXT;
ALTER TABLE jobs ADD COLUMN triggered TEXT;
ALTER TABLE jobs ADD COLUMN unblocker TEXT;
CREATE INDEX jobs_of_group ON jobs (concurrency_group, state) WHERE concurrency_group IS NOT NULL;
CREATE INDEX jobs_of_step ON jobs (step);
ALTER TABLE builds ADD COLUMN blocked INTEGER NOT NULL DEFAULT 0;
ALTER TABLE builds ADD COLUMN trigger_job TEXT;
UPDATE steps SET definition=json_object('wait', NULL, 'key', key, 'continue_on_failure',
  json(iif(json_extract(definition, '$.go_on'), 'true', 'false'))) WHERE kind='wait';
UPDATE steps SET definition=json_patch(
  json_object('group', coalesce(label, ''), 'key', key, 'steps', json('[]'), 'allow_dependency_failure',
    json(iif(json_extract(definition, '$.allow_dependency_failure'), 'true', 'false'))),
  iif(json_extract(definition, '$.explicit'),
    json_object('depends_on', json((SELECT json_group_array(json_object('step', json_extract(value, '$.step'),
      'allow_failure', json(iif(json_extract(value, '$.allow_failure'), 'true', 'false'))))
      FROM json_each(definition, '$.depends_on')))), '{}')) WHERE kind='group';
