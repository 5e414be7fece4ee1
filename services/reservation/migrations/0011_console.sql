-- Requests to hold that were refused, of people who were let in, by their code: how often an on-sale had to say no. Each instance counts in
-- memory and adds what it has counted once a second, so that a refusal writes nothing.
CREATE TABLE refused_holds (
  schedule_id bigint NOT NULL,
  code text NOT NULL,
  refused bigint NOT NULL CHECK (refused > 0),
  PRIMARY KEY (schedule_id, code)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

-- A build of an index waits for transactions that write the table, and who wants to write waits behind it. Where it can not begin within 3 s it
-- gives up instead, and changes nothing.
SET LOCAL lock_timeout = '3s';

-- For counting how a schedule sells; reservations_live has the others. A reservation gets here when it ends, so that neither a hold nor its
-- confirmation writes one index more.
CREATE INDEX reservations_ended ON reservations (schedule_id, status) WHERE status IN ('CANCELLED', 'EXPIRED');
