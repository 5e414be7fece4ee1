-- Until when a buyer can give back what is paid; NULL: until the performance begins.
ALTER TABLE schedules ADD COLUMN refundable_until timestamptz;
