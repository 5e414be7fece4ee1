-- What the tidying goes by.
CREATE INDEX queue_tokens_ended ON queue_tokens (ended_at) WHERE ended_at IS NOT NULL;
