ALTER TABLE schedules ADD COLUMN no_orphan_seats boolean NOT NULL DEFAULT false;
