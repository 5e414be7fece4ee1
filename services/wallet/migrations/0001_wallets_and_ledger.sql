-- A person's money: the balance as of the last ledger entry. `version` goes up with each movement.
CREATE TABLE wallets (
  user_id text PRIMARY KEY CHECK (length(user_id) BETWEEN 1 AND 64),
  balance bigint NOT NULL CONSTRAINT wallets_balance_not_negative CHECK (balance >= 0),
  total_charged bigint NOT NULL CHECK (total_charged >= 0),
  -- Net of refunds.
  total_used bigint NOT NULL CHECK (total_used >= 0),
  version bigint NOT NULL CHECK (version >= 1),
  updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT wallets_totals_make_the_balance CHECK (balance = total_charged - total_used)
) WITH (fillfactor = 80);

-- Double entry: the rows of one transaction_id are written by one statement and sum to zero. The house's accounts
-- (funding, sales, refunds) have entries but no balance row, so no two people's movements lock the same row.
CREATE TABLE ledger_entries (
  -- Taken under the lock of the wallet's row: ids of one user follow the order of the movements.
  entry_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  transaction_id uuid NOT NULL,
  account text NOT NULL CHECK (account IN ('wallet', 'funding', 'sales', 'refunds')),
  user_id text REFERENCES wallets (user_id),
  kind text NOT NULL CHECK (kind IN ('CHARGE', 'DEBIT', 'REFUND')),
  amount bigint NOT NULL CHECK (amount <> 0),
  balance_after bigint CHECK (balance_after >= 0),
  payment_id uuid,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT ledger_entries_owner CHECK (
    (account = 'wallet') = (user_id IS NOT NULL) AND (account = 'wallet') = (balance_after IS NOT NULL)
  ),
  CONSTRAINT ledger_entries_counter_account CHECK (
    account = 'wallet' OR account = CASE kind WHEN 'CHARGE' THEN 'funding' WHEN 'DEBIT' THEN 'sales' ELSE 'refunds' END
  ),
  -- A debit takes from the wallet and gives to the house; the others go the other way.
  CONSTRAINT ledger_entries_direction CHECK ((amount > 0) = ((account = 'wallet') <> (kind = 'DEBIT')))
);

CREATE INDEX ledger_entries_history ON ledger_entries (user_id, entry_id DESC) WHERE account = 'wallet';
-- One debit and one refund a payment, whatever the code above does.
CREATE UNIQUE INDEX ledger_entries_once_a_payment ON ledger_entries (payment_id, kind)
  WHERE account = 'wallet' AND payment_id IS NOT NULL;

CREATE FUNCTION refuse_unbalanced_entries() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  unbalanced uuid;
BEGIN
  SELECT transaction_id INTO unbalanced FROM inserted GROUP BY transaction_id HAVING sum(amount) <> 0 LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'the ledger entries of transaction % do not sum to zero', unbalanced
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END
$$;

CREATE TRIGGER ledger_entries_balanced AFTER INSERT ON ledger_entries
  REFERENCING NEW TABLE AS inserted
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_unbalanced_entries();

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'ledger entries are immutable: % refused', TG_OP USING ERRCODE = 'integrity_constraint_violation';
END
$$;

CREATE TRIGGER ledger_entries_immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_entries
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

REVOKE UPDATE, DELETE, TRUNCATE ON ledger_entries FROM wallet;

-- Every attempt to put money into a wallet; its id is the transaction_id of its ledger entries.
CREATE TABLE charges (
  charge_id uuid PRIMARY KEY,
  user_id text NOT NULL,
  amount bigint NOT NULL CHECK (amount > 0),
  status text NOT NULL CHECK (status IN ('CHARGING', 'CHARGED', 'FAILED')),
  reason text,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  finished_at timestamptz,
  CHECK ((status = 'FAILED') = (reason IS NOT NULL)),
  CHECK ((status = 'CHARGING') = (finished_at IS NULL))
);

-- What a payment did to a wallet, one row a payment: the fence that makes its commands take effect once, in any order.
-- Rows stay for good: a command may come again as long as its topic keeps it, or by hand from the dead letters.
CREATE TABLE payment_movements (
  payment_id uuid PRIMARY KEY,
  user_id text NOT NULL,
  -- Of the debit; FENCED: what the refund asked for.
  amount bigint NOT NULL CHECK (amount >= 0),
  status text NOT NULL CHECK (status IN ('DEBITED', 'REFUSED', 'REFUNDED', 'FENCED')),
  -- The wallet's balance right after the debit, as its reply says.
  balance_after_debit bigint,
  -- Message ids of the two replies: a repeated command is answered by the same message.
  debit_reply_id uuid NOT NULL,
  refund_reply_id uuid NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  CHECK ((balance_after_debit IS NOT NULL) = (status IN ('DEBITED', 'REFUNDED')))
);

REVOKE DELETE, TRUNCATE ON payment_movements, wallets FROM wallet;
