import { whole } from '@frontrow/service-host/config'
import { z } from 'zod'

/** Settings of a service that takes money from cards; both that do have the same. */
export const cardSettings = {
  CARD_TIMEOUT_MS: whole(100, 30_000, 4_000).describe(
    'a call to the card provider that takes longer is given up and repeated',
  ),
  CARD_SIMULATOR_LATE_MS: whole(0, 60_000, 6_000).describe(
    'how late the simulated provider answers for the card tok_timeout',
  ),
  STRIPE_SECRET_KEY: z
    .string()
    .min(8)
    .optional()
    .describe('takes real cards by Stripe; without it cards are simulated'),
  STRIPE_API_URL: z
    .url({ protocol: /^https?$/ })
    .default('https://api.stripe.com')
    .describe('address of Stripe'),
  STRIPE_CURRENCY: z
    .string()
    .regex(/^[a-z]{3}$/)
    .default('krw')
    .describe('currency of all amounts, as Stripe names it'),
}

const schema = z.object(cardSettings)

/** The checked settings. */
export type CardSettings = z.output<typeof schema>
