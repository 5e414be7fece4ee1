-- A build of an index waits for transactions that write the table, and who wants to write waits behind it. Where it can not begin within 3 s it
-- gives up instead, and changes nothing.
SET LOCAL lock_timeout = '3s';

-- The jobs that came to nothing, among many that did not. Its condition is on what changes with the end of a job only, so that no attempt at one
-- writes an index more.
CREATE INDEX jobs_failed ON jobs (job_number) WHERE error IS NOT NULL;
