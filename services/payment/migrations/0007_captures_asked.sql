-- Whether a call to capture may have reached the provider. Where none has, what is given up is voided by us alone, and no card is charged only
-- to be refunded. Of the captures of before it is not known, so they count as asked.
ALTER TABLE card_captures ADD COLUMN was_asked boolean NOT NULL DEFAULT true;
