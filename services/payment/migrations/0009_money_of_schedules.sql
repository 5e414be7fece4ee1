-- For adding up the money of a schedule. A payment gets here when it is approved or refunded, so that its beginning writes no index more.
-- Payments have carried their schedule from the first file on.
CREATE INDEX payments_settled_of_schedule ON payments (schedule_id, status) INCLUDE (amount) WHERE status IN ('APPROVED', 'REFUNDED');
