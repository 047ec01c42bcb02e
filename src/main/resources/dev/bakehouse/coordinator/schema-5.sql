ALTER TABLE agents ADD COLUMN pause_begun INTEGER;
ALTER TABLE agents ADD COLUMN pause_note TEXT;
