-- The jobs that came to nothing, among many that did not. Its condition is on what changes with the end of a job only, so that no attempt at one
-- writes an index more.
CREATE INDEX jobs_failed ON jobs (job_number) WHERE error IS NOT NULL;
