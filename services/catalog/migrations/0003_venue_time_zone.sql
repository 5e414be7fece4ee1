-- The name of the venue's time zone, as pg_timezone_names writes it. Venues that were there before had their dates shown
-- in UTC, and so they stay until an admin changes them.
ALTER TABLE venues ADD COLUMN time_zone text NOT NULL DEFAULT 'UTC';
