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
  CARD_SIMULATOR_ACTION_MS: whole(0, 600_000, 3_000).describe(
    'when the owner of the simulated card tok_action takes the step that it needs',
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

/** Further settings of a service that brings the owners of cards to the steps that their cards need. */
export const stripePageSettings = {
  STRIPE_RETURN_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe(
      "page of the shop that a bank's page returns to after 3-D Secure, with ?paymentId=; without it, Stripe.js in the shop's page shows the step",
    ),
  STRIPE_WEBHOOK_SECRET: z
    .string()
    .regex(/^whsec_\S+$/)
    .optional()
    .describe(
      'what Stripe signs its events with; without it POST /api/v1/providers/stripe/events is 404, and outcomes are only asked for',
    ),
}

const schema = z.object(cardSettings)
const pageSchema = z.object(stripePageSettings)

/** The checked settings. */
export type CardSettings = z.output<typeof schema>
/** The checked settings of `stripePageSettings`. */
export type StripePageSettings = z.output<typeof pageSchema>
