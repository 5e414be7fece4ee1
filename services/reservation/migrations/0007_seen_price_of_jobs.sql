-- What the buyer saw: `price` of one seat or `totalAmount`; NULL where nothing was said.
ALTER TABLE jobs ADD COLUMN seen json;
