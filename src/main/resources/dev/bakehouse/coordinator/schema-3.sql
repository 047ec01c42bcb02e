CREATE INDEX jobs_to_give ON jobs (agents, priority DESC, scheduled, seq) WHERE state='scheduled';
CREATE INDEX chunks_by_start ON chunks (job, start, size);
ALTER TABLE jobs ADD COLUMN promised TEXT;
CREATE TABLE cache_entries (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, upload TEXT NOT NULL UNIQUE, scope TEXT NOT NULL, key TEXT NOT NULL,
  prefix TEXT NOT NULL, entry TEXT NOT NULL, committed INTEGER NOT NULL, created INTEGER NOT NULL);
CREATE INDEX cache_entries_by_key ON cache_entries (scope, key);
CREATE INDEX cache_entries_by_prefix ON cache_entries (scope, prefix);
CREATE INDEX agents_by_state ON agents (state);
CREATE INDEX builds_by_branch ON builds (pipeline, branch, seq);
