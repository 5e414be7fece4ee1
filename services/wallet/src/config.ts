import { cardSettings } from '@frontrow/card-provider/card-settings'
import { hostSettings, idempotencyKeepHours, whole } from '@frontrow/service-host/config'
import type { z } from 'zod'

/** Settings of the wallet service; money in the smallest unit of the currency. */
export const settings = hostSettings.extend({
  CHARGE_AMOUNT_MIN: whole(1, Number.MAX_SAFE_INTEGER, 1_000).describe(
    'smallest charge, in the smallest unit of the currency',
  ),
  CHARGE_AMOUNT_MAX: whole(1, 1_000_000_000, 1_000_000).describe(
    'largest charge, in the smallest unit of the currency',
  ),
  BALANCE_MAX: whole(1, 1_000_000_000_000, 10_000_000).describe(
    'balance that a charge may lead to, in the smallest unit of the currency; a refund is never refused',
  ),
  CHARGE_WAIT_MS: whole(0, 30_000, 5_000).describe(
    'how long a charge waits for the card provider before it is answered 202',
  ),
  CHARGE_GIVE_UP_MS: whole(1_000, 43_200_000, 600_000).describe(
    'a charge whose outcome the card provider has not told by then has failed; what it may have taken is given back',
  ),
  IDEMPOTENCY_KEEP_HOURS: idempotencyKeepHours,
  ...cardSettings,
})

/** The checked settings. */
export type WalletConfig = z.output<typeof settings>
