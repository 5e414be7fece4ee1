-- What the reservation was when the payment began, as on a receipt: its number for people and its seats, which never change. NULL in payments
-- from before.
ALTER TABLE payments ADD COLUMN reservation_number text, ADD COLUMN seats json;
