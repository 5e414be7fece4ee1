import { defineRoute } from '@frontrow/service-host/route'
import { z } from 'zod'

// Stripe's events of a card payment have some 6 KB.
const EVENT_MAX = '64kb'

export const stripeEventsRoute = defineRoute({
  method: 'post',
  path: '/api/v1/providers/stripe/events',
  movesMoney: true,
  operationId: 'takeStripeEvent',
  tag: 'payment',
  summary: "Stripe's webhook",
  description:
    'For Stripe, which signs each event with `STRIPE_WEBHOOK_SECRET`; without that setting this is 404 NOT_FOUND. An event of a payment makes us ask Stripe what has become of it, and is not believed by itself. Disputes and refunds that were made at Stripe are noted once, for admins. Events may come repeatedly and in any order; their ids are what an `Idempotency-Key` is elsewhere.',
  auth: 'none',
  headers: z.object({
    'stripe-signature': z
      .string()
      .max(4_096)
      .meta({ example: 't=1795656000,v1=5257a869e7ecebeda32affa62cdca3fa51cad7e77a0e56ff536d0ce8e108d8bd' }),
  }),
  rawBody: {
    limit: EVENT_MAX,
    schema: z.looseObject({
      id: z.string().min(1).max(255).meta({ example: 'evt_1S2x3y4Z5a6B7c8D' }),
      type: z.string().min(1).max(255).meta({ example: 'payment_intent.succeeded' }),
      created: z.int().meta({ example: 1_795_656_000 }),
      data: z.looseObject({
        object: z.looseObject({ id: z.string().meta({ example: 'pi_3S2x3y4Z5a6B7c8D' }) }),
      }),
    }),
  },
  responses: {
    200: { description: 'Taken, now or before.', schema: z.object({ received: z.literal(true) }) },
  },
  refusals: ['INVALID_REQUEST', 'NOT_FOUND', 'PAYLOAD_TOO_LARGE'],
})
