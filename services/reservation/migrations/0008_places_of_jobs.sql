-- Numbers the jobs of a schedule without a gap as long as one of them is open, so that a place in the line is a difference of two of these, and nobody
-- counts the line. Neighbours that are run at once may end before the head; for that moment a place counts them.
ALTER TABLE jobs ADD COLUMN ordinal bigint;
UPDATE jobs SET ordinal = numbered.ordinal
FROM (SELECT job_number, row_number() OVER (PARTITION BY schedule_id ORDER BY job_number) AS ordinal FROM jobs) numbered
WHERE jobs.job_number = numbered.job_number;
ALTER TABLE jobs ALTER COLUMN ordinal SET NOT NULL;

-- How many a person has. The schedule is not in it, so that no plan reads the whole line by the other index instead.
CREATE INDEX jobs_open_of_user ON jobs (user_id) WHERE completed_at IS NULL;
