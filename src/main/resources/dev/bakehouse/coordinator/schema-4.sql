ALTER TABLE agents ADD COLUMN priority INTEGER;
CREATE INDEX agents_by_priority ON agents (priority) WHERE state='connected';
