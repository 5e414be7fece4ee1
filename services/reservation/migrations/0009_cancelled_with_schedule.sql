-- For counting how far a cancelled schedule is.
CREATE INDEX reservations_cancelled_with_schedule ON reservations (schedule_id, refund_status)
  WHERE cancel_reason = 'SCHEDULE_CANCELLED';
