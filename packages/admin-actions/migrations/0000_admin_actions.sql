-- What admins did by the REST API of this service: each write that an admin's token asked for, one row, kept for good. The row is written
-- before the write begins, so that none is missing; that it is DONE is written in the transaction of the write, and
-- right after it where the write shares its transaction with those of others.
CREATE TABLE admin_actions (
  -- A UUIDv7, so that ids follow time.
  action_id uuid PRIMARY KEY,
  admin_id text NOT NULL,
  -- The route, as the API reference names it.
  operation text NOT NULL,
  method text NOT NULL,
  path text NOT NULL,
  -- What was asked for, without secrets; null where the route has no body.
  body json,
  request_id text NOT NULL,
  began_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- DONE, REPLAYED or the code of the refusal. Null: it is at work, or its process died before the answer.
  outcome text,
  -- Of the answer; null where none was given.
  status smallint,
  ended_at timestamptz
);

CREATE INDEX admin_actions_admin ON admin_actions (admin_id, action_id DESC);

-- The role of a service has the name of its schema. It may say how an action ended, and change or delete nothing else.
DO $$
BEGIN
  EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON admin_actions FROM %I', current_schema());
  EXECUTE format('GRANT UPDATE (outcome, status, ended_at) ON admin_actions TO %I', current_schema());
END
$$;

CREATE FUNCTION keep_admin_action_ends() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (OLD.outcome IS NOT NULL AND NEW.outcome IS DISTINCT FROM OLD.outcome)
    OR (OLD.status IS NOT NULL AND NEW.status IS DISTINCT FROM OLD.status) THEN
    RAISE EXCEPTION 'how an admin action ended is written once' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END
$$;

CREATE TRIGGER admin_actions_end_once BEFORE UPDATE ON admin_actions
  FOR EACH ROW EXECUTE FUNCTION keep_admin_action_ends();
