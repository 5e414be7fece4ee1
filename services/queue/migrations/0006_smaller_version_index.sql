-- Only (schedule_id, version) is read by. Places that changed with one version are then one entry of the index, and no statement that
-- looks a place up by its sequence takes this index for the primary key.
--
-- The new one is built first: a build lets others read the table, while DROP INDEX locks everybody out until the transaction ends.
CREATE INDEX queue_tokens_smaller_version ON queue_tokens (schedule_id, version);
DROP INDEX queue_tokens_version;
ALTER INDEX queue_tokens_smaller_version RENAME TO queue_tokens_version;
