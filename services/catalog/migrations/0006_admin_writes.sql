-- Counts the changes of each; the ETag of admin answers names it, so that a change can be refused where somebody else was first.
ALTER TABLE venues ADD COLUMN version integer NOT NULL DEFAULT 1;
ALTER TABLE concerts ADD COLUMN version integer NOT NULL DEFAULT 1;
ALTER TABLE schedules ADD COLUMN version integer NOT NULL DEFAULT 1;

-- For the admin list of a concert's schedules, newest first.
CREATE INDEX schedules_of_concert_by_id ON schedules (concert_id, schedule_id);
