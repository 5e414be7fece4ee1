-- Corrections by admins. Each is a movement of its own kind, with a house account of its own and its reason beside it.
--
-- The new rules hold for new rows at once. Old rows keep the stricter rules that they were written under, so 0004 proves the new ones for
-- them without keeping anybody from writing.
ALTER TABLE wallets
  ADD COLUMN total_adjusted bigint NOT NULL DEFAULT 0,
  DROP CONSTRAINT wallets_totals_make_the_balance,
  ADD CONSTRAINT wallets_totals_make_the_balance
    CHECK (balance = total_charged - total_used + total_adjusted) NOT VALID;

ALTER TABLE ledger_entries
  DROP CONSTRAINT ledger_entries_account_check,
  ADD CONSTRAINT ledger_entries_account_check
    CHECK (account IN ('wallet', 'funding', 'sales', 'refunds', 'adjustments')) NOT VALID,
  DROP CONSTRAINT ledger_entries_kind_check,
  ADD CONSTRAINT ledger_entries_kind_check
    CHECK (kind IN ('CHARGE', 'DEBIT', 'REFUND', 'ADJUSTMENT')) NOT VALID,
  DROP CONSTRAINT ledger_entries_counter_account,
  ADD CONSTRAINT ledger_entries_counter_account CHECK (
    account = 'wallet' OR account = CASE kind
      WHEN 'CHARGE' THEN 'funding' WHEN 'DEBIT' THEN 'sales' WHEN 'REFUND' THEN 'refunds' ELSE 'adjustments'
    END
  ) NOT VALID,
  DROP CONSTRAINT ledger_entries_direction,
  -- An adjustment goes either way.
  ADD CONSTRAINT ledger_entries_direction
    CHECK (kind = 'ADJUSTMENT' OR (amount > 0) = ((account = 'wallet') <> (kind = 'DEBIT'))) NOT VALID;

-- Why an admin corrected a wallet; `transaction_id` is that of its ledger entries. Who sent the request from where is in admin_actions.
CREATE TABLE adjustments (
  transaction_id uuid PRIMARY KEY,
  user_id text NOT NULL,
  -- Negative where it took money.
  amount bigint NOT NULL CHECK (amount <> 0),
  reason text NOT NULL CHECK (length(reason) BETWEEN 1 AND 500),
  admin_id text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

REVOKE UPDATE, DELETE, TRUNCATE ON adjustments FROM wallet;
