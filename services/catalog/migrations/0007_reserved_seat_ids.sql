-- Which seats a reservation is of (or the seat that the house keeps back), so that seats left are counted by grade. NULL in rows from before and in those that an instance of an older
-- version writes: they count in the sum, and get their ids when they are compared with the reservation service (compare-reserved-seats.ts).
ALTER TABLE reserved_seats ADD COLUMN seat_ids integer[];
