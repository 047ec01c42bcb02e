CREATE TABLE pipelines (
  slug TEXT PRIMARY KEY, id TEXT NOT NULL, name TEXT NOT NULL, repository TEXT NOT NULL,
  default_branch TEXT NOT NULL, configuration TEXT NOT NULL, created INTEGER NOT NULL);
CREATE TABLE builds (
  id TEXT PRIMARY KEY, seq INTEGER NOT NULL UNIQUE, number INTEGER NOT NULL, pipeline TEXT NOT NULL,
  state TEXT NOT NULL, sha TEXT NOT NULL, branch TEXT NOT NULL, message TEXT NOT NULL,
  source TEXT NOT NULL, repository TEXT NOT NULL, env TEXT NOT NULL,
  created INTEGER NOT NULL, started INTEGER, finished INTEGER, UNIQUE (pipeline, number));
CREATE TABLE steps (
  id TEXT PRIMARY KEY, build TEXT NOT NULL, position INTEGER NOT NULL, kind TEXT NOT NULL,
  key TEXT, label TEXT, parent TEXT, definition TEXT NOT NULL, env TEXT NOT NULL, agents TEXT NOT NULL);
CREATE INDEX steps_of_build ON steps (build, position);
CREATE TABLE jobs (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, build TEXT NOT NULL, step TEXT NOT NULL,
  parallel INTEGER, parallel_count INTEGER, retry_count INTEGER NOT NULL, retry_rule INTEGER,
  retried_in TEXT, state TEXT NOT NULL, agent TEXT, agents TEXT NOT NULL, priority INTEGER NOT NULL,
  created INTEGER NOT NULL, runnable INTEGER, assigned INTEGER, started INTEGER, finished INTEGER,
  deadline INTEGER, exit_status TEXT, signal TEXT, signal_reason TEXT, soft_failed INTEGER NOT NULL);
CREATE INDEX jobs_of_build ON jobs (build, seq);
CREATE INDEX jobs_by_state ON jobs (state);
CREATE INDEX jobs_of_agent ON jobs (agent, state);
CREATE TABLE agents (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, hostname TEXT NOT NULL, version TEXT NOT NULL,
  tags TEXT NOT NULL, state TEXT NOT NULL, ignored INTEGER NOT NULL, stopping INTEGER NOT NULL,
  paused INTEGER NOT NULL, created INTEGER NOT NULL);
CREATE TABLE chunks (
  job TEXT NOT NULL, sequence INTEGER NOT NULL, start INTEGER NOT NULL, size INTEGER NOT NULL,
  PRIMARY KEY (job, sequence)) WITHOUT ROWID;
CREATE TABLE metadata (
  build TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (build, key)) WITHOUT ROWID;
CREATE TABLE annotations (
  owner TEXT NOT NULL, scope TEXT NOT NULL, context TEXT NOT NULL, style TEXT, body TEXT NOT NULL,
  priority INTEGER NOT NULL, PRIMARY KEY (owner, scope, context)) WITHOUT ROWID;
CREATE TABLE artifacts (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, batch TEXT NOT NULL, place INTEGER NOT NULL,
  build TEXT NOT NULL, job TEXT NOT NULL, state TEXT NOT NULL, path TEXT NOT NULL, absolute_path TEXT NOT NULL,
  glob_path TEXT NOT NULL, file_size INTEGER NOT NULL, sha1sum TEXT NOT NULL, sha256sum TEXT NOT NULL,
  content_type TEXT NOT NULL, upload_destination TEXT NOT NULL, url TEXT NOT NULL, created INTEGER NOT NULL,
  UNIQUE (job, batch, place));
CREATE INDEX artifacts_of_build ON artifacts (build, state);
CREATE TABLE uploads (
  job TEXT NOT NULL, uuid TEXT NOT NULL, PRIMARY KEY (job, uuid)) WITHOUT ROWID;
CREATE TABLE step_updates (
  build TEXT NOT NULL, uuid TEXT NOT NULL, PRIMARY KEY (build, uuid)) WITHOUT ROWID;
