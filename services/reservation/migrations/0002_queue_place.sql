-- The sequence of the place in the schedule's waiting room that made a reservation: a hold extends this place, and the payment of its
-- last live hold ends it. NULL for reservations that were made before it was stored.
ALTER TABLE reservations ADD COLUMN queue_sequence bigint CHECK (queue_sequence > 0);
