-- Proves for the rows of before what 0003 asks of new ones. Reads whole tables, and keeps nobody from writing meanwhile.
ALTER TABLE wallets VALIDATE CONSTRAINT wallets_totals_make_the_balance;
ALTER TABLE ledger_entries
  VALIDATE CONSTRAINT ledger_entries_account_check,
  VALIDATE CONSTRAINT ledger_entries_kind_check,
  VALIDATE CONSTRAINT ledger_entries_counter_account,
  VALIDATE CONSTRAINT ledger_entries_direction;
