-- What checks at the join leave: docs/decisions/0057-bots.md.

-- Challenges whose proof has brought somebody a place, until they would have ended anyway.
CREATE TABLE spent_challenges (
  -- The end of the challenge, which the service has signed with its user and schedule.
  seal bytea PRIMARY KEY CHECK (length(seal) = 16),
  expires_at timestamptz NOT NULL
);
CREATE INDEX spent_challenges_by_end ON spent_challenges (expires_at);

-- Which account has the place of a verified claim, such as a telephone number, in a room.
CREATE TABLE claim_holders (
  schedule_id bigint NOT NULL REFERENCES rooms (schedule_id),
  -- HMAC-SHA-256 of the claim under JOIN_CHECK_SECRET; the claim itself is kept nowhere.
  claim_hash bytea NOT NULL CHECK (length(claim_hash) = 32),
  user_id text NOT NULL CHECK (length(user_id) BETWEEN 1 AND 64),
  -- When the account joined last.
  joined_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (schedule_id, claim_hash)
) WITH (fillfactor = 90);
CREATE INDEX claim_holders_by_time ON claim_holders (joined_at);
