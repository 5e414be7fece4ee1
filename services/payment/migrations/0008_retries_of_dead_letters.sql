-- Until then nobody else publishes it. An instance that dies with it in hand leaves it to the next request.
ALTER TABLE dead_letters ADD COLUMN retry_leased_until timestamptz;
