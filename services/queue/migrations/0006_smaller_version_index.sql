-- Only (schedule_id, version) is read by. Places that changed with one version are then one entry of the index, and no statement that
-- looks a place up by its sequence takes this index for the primary key.
DROP INDEX queue_tokens_version;
CREATE INDEX queue_tokens_version ON queue_tokens (schedule_id, version);
