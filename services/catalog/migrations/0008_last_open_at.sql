-- The last moment at which booking was open before an admin changed that, NULL where it never was: a performance moves only once nobody can
-- hold any more by what was (move-performance.ts). Schedules of before may have been closed just now.
ALTER TABLE schedules ADD COLUMN last_open_at timestamptz DEFAULT now();
ALTER TABLE schedules ALTER COLUMN last_open_at DROP DEFAULT;
