/*
 * Holds that their clients do not wait for: POST /reservations with Prefer: respond-async. A row is written before the 202 is sent, and is all
 * that there is of a job; a message on Kafka only says that its schedule has one.
 *
 * What an ended job has done is decided by its Idempotency-Key, (user_id, 'job', job_id): the statement that holds the seats writes it with the
 * hold, and the statement that fails the job writes it with the failure (jobs.ts). So there is one of the two, whoever else is still at work.
 */
CREATE TABLE jobs (
  -- Jobs of one schedule run in this order. It is given under a lock of the schedule, so that no lower number appears after a higher one.
  job_number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  job_id uuid NOT NULL CONSTRAINT jobs_id UNIQUE,
  type text NOT NULL CHECK (type IN ('hold')),
  -- Who may hold: the person, and their place in the waiting room as long as the job is open.
  user_id text NOT NULL,
  queue_token text,
  schedule_id bigint NOT NULL,
  -- Which seats.
  choice json NOT NULL,
  status text NOT NULL DEFAULT 'waiting' CHECK (status IN ('waiting', 'active', 'completed', 'failed')),
  attempts integer NOT NULL DEFAULT 0,
  traceparent text,
  request_id text,
  created_at timestamptz NOT NULL,
  -- No attempt begins before: after one that failed, and while another is at work, whose worker may have died.
  due_at timestamptz NOT NULL,
  -- No attempt begins after.
  give_up_at timestamptz NOT NULL,
  started_at timestamptz,
  completed_at timestamptz,
  -- The answer that POST /reservations would have given: the hold, or `code`, `message` and `details`.
  result json,
  error json,
  CHECK ((status IN ('completed', 'failed')) = (completed_at IS NOT NULL)),
  CHECK ((status = 'completed') = (result IS NOT NULL)),
  CHECK ((status = 'failed') = (error IS NOT NULL)),
  CHECK ((queue_token IS NULL) = (completed_at IS NOT NULL))
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);

-- The open ones of a schedule, the next one first.
CREATE INDEX jobs_open ON jobs (schedule_id, job_number) WHERE completed_at IS NULL;
-- How fast they end.
CREATE INDEX jobs_ended ON jobs (schedule_id, completed_at) WHERE completed_at IS NOT NULL;
CREATE INDEX jobs_kept ON jobs (completed_at) WHERE completed_at IS NOT NULL;
