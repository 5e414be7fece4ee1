import { idempotencyKeyHeader } from '@frontrow/idempotency/idempotency-key'
import { replayHeader, writeHeaders, writeRefusals } from '@frontrow/idempotency/write-headers'
import { cardToken } from '@frontrow/proto/values'
import { defineRoute } from '@frontrow/service-host/route'
import { userIdInput, uuid } from '@frontrow/values/ids'
import { money as moneyValue } from '@frontrow/values/money'
import { limit } from '@frontrow/values/page'
import { z } from 'zod'
import { getMoneyRoute } from './money-openapi.ts'
import { stripeEventsRoute } from './provider-openapi.ts'

const status = z.enum(['PENDING', 'APPROVED', 'FAILED', 'REFUNDED'])
const method = z.enum(['BALANCE', 'CARD'])
const money = z.int().meta({ description: 'In the smallest unit of the currency.', example: 120_000 })

const paidReservation = z.object({
  reservationId: z.uuid(),
  reservationNumber: z
    .string()
    .nullable()
    .meta({ description: 'For people to read out.', example: 'FR-7K3M9QW2XT' }),
  status: z.enum(['HOLD', 'CONFIRMED', 'CANCELLED', 'EXPIRED']).nullable().meta({
    description:
      'As the reservation service says now; null while it can not be asked. Of a 201, CONFIRMED: what it was when it was paid.',
    example: 'CONFIRMED',
  }),
  seats: z
    .array(
      z.object({
        seatId: z.int().meta({ example: 1001 }),
        seatNumber: z.int().meta({ example: 1 }),
        section: z.string().meta({ example: 'A' }),
        row: z.string().meta({ example: '1' }),
        grade: z.string().meta({ example: 'VIP' }),
        price: money,
      }),
    )
    .nullable()
    .meta({
      description:
        'As they were sold. Null, as the number, in payments of an older version while the reservation service can not be asked.',
    }),
})

const action = z
  .object({
    type: z.enum(['redirect_to_url', 'use_provider_sdk']).meta({
      description:
        "`redirect_to_url`: send the browser to `url`, which comes back by itself. `use_provider_sdk`: hand `clientSecret` to the provider's program in the page (of Stripe: `stripe.handleNextAction({clientSecret})`).",
      example: 'redirect_to_url',
    }),
    url: z
      .url()
      .optional()
      .meta({ example: 'https://hooks.stripe.com/3d_secure_2/hosted?payment_intent=pi_1' }),
    provider: z.string().optional().meta({ description: 'Whose program: `stripe`, or `simulator`.' }),
    clientSecret: z.string().optional(),
    until: z.iso
      .datetime()
      .meta({ description: 'The end of the hold: later, the payment is given up with nothing taken.' }),
  })
  .optional()
  .meta({
    description:
      "What the card's owner has to do next (3-D Secure), in answers to them only, while the payment waits for it. Then ask for the payment until it is no longer PENDING.",
  })

const payment = z.object({
  paymentId: z.uuid(),
  reservationId: z.uuid(),
  userId: z.string(),
  amount: money,
  paymentMethod: method,
  status,
  paidAt: z.iso.datetime().nullable(),
  reservation: paidReservation,
})

const pendingPayment = payment.extend({
  estimatedWaitSeconds: z
    .int()
    .optional()
    .meta({ description: 'How long it takes from here, where nothing is asked of the buyer.', example: 3 }),
  nextAction: action,
})

const providerNotice = z.object({
  kind: z.enum(['DISPUTE', 'REFUND']),
  type: z
    .string()
    .meta({ description: "In the provider's words, as the next two.", example: 'charge.dispute.created' }),
  status: z.string().nullable(),
  reason: z.string().nullable(),
  amount: z.int().nullable(),
  happenedAt: z.iso.datetime(),
})

const failure = z
  .object({
    code: z.string().meta({
      description:
        'What POST /payments was or would have been refused with. Of one that had its ticket: RESERVATION_CANCELLED or SCHEDULE_CANCELLED.',
      example: 'RESERVATION_EXPIRED',
    }),
    message: z.string().meta({
      description: 'For the buyer: why, and where the money is.',
      example: 'the hold ran out while paying; the money was given back',
    }),
    reason: z.string().nullable().meta({ example: 'RESERVATION_EXPIRED' }),
    moneyMoved: z
      .boolean()
      .nullable()
      .meta({ description: 'Whether money was taken; null while it is being found out.', example: true }),
    refund: z
      .enum(['PENDING', 'REFUNDED'])
      .nullable()
      .meta({ description: 'Null where there is nothing to give back.', example: 'REFUNDED' }),
  })
  .nullable()
  .meta({ description: 'Why there is no ticket, or none any more; told as soon as the saga has decided it.' })

const paymentDetails = payment.extend({
  failure,
  reason: z.string().nullable().meta({
    description: "Why it failed or was refunded, in the saga's words; `failure` has it for people.",
  }),
  createdAt: z.iso.datetime(),
  endedAt: z.iso.datetime().nullable(),
  steps: z
    .array(
      z.object({ message: z.string(), fromState: z.string(), toState: z.string(), at: z.iso.datetime() }),
    )
    .meta({ description: "The saga's history, oldest first." }),
  nextAction: action,
  providerNotices: z.array(providerNotice).optional().meta({
    description:
      'For admins: disputes, refunds that somebody made at the card provider and refunds that it could not make. Nothing follows from them by itself.',
  }),
})

/** As the reservation service answers for the jobs of holds. */
const acceptedJob = z.object({
  jobId: z.uuid().meta({ description: 'The id of the payment.' }),
  position: z.literal(1).meta({ description: 'Nothing is before a payment that has begun.' }),
  estimatedWaitSeconds: z.int().meta({ example: 1 }),
  statusEndpoint: z.string().meta({ example: '/api/v1/jobs/01932c07-b1d2-7a3b-8c4d-5e6f70819203' }),
})

const EXAMPLE_ID = '01932c07-b1d2-7a3b-8c4d-5e6f70819204'

export const payRoute = defineRoute({
  method: 'post',
  work: 'payment',
  path: '/api/v1/payments',
  movesMoney: true,
  operationId: 'pay',
  tag: 'payment',
  summary: 'Pay for a hold',
  description:
    'A live hold is the right to pay, whatever has become of the place in the waiting room; no queue token is looked at. Waits up to 5 s for the saga to settle. 202 means that it goes on: ask the Location, or send the same request with the same key again, which waits again for the same payment. With `Prefer: respond-async` the answer is 202 as soon as the payment has begun, and `GET /api/v1/jobs/{jobId}` tells of it. A refusal is final for its key, whatever changes later: that of a payment that has begun (its `details` have `paymentId`, `status`, `reason` and `moneyMoved`) as well as one that was decided before by what the reservation was; a new try needs a new key. 400, 401, 403, 413, 415, 429, 503 and 504 leave the key free; 503 is for payments that could not be begun in time, of which nothing was taken. A hold can be paid until it runs out or its show begins, also after booking has closed; a payment that began before the show did goes on to its end, with the seats or with the money back.',
  auth: 'user',
  headers: z.object({
    'idempotency-key': idempotencyKeyHeader.meta({
      description:
        "The same key and body are the same payment. Keys are of the payment's owner: an admin who pays for a user with a key and the user who pays with the same one make one payment.",
    }),
    prefer: z.string().optional().meta({
      description: 'RFC 7240; `respond-async` is known, others are passed over',
    }),
  }),
  body: z
    .strictObject({
      reservationId: uuid,
      paymentMethod: method,
      card: z
        .strictObject({ token: cardToken })
        .optional()
        .meta({ description: 'With CARD: a token of the card provider, never a card number.' }),
      amount: moneyValue.optional().meta({
        description:
          'What you saw is to be paid; where the reservation costs something else: AMOUNT_CHANGED with `details` `{field, seen, now}`, and nothing is taken.',
        example: 120_000,
      }),
      userId: userIdInput.optional(),
    })
    .meta({
      if: { properties: { paymentMethod: { const: 'CARD' } }, required: ['paymentMethod'] },
      // oxlint-disable-next-line unicorn/no-thenable -- it is a word of JSON Schema, in what nobody awaits
      then: { properties: { card: {} }, required: ['card'] },
      else: { properties: { card: { not: {} } } },
    })
    .superRefine((body, ctx) => {
      if (body.paymentMethod === 'CARD' && body.card === undefined) {
        ctx.addIssue({ code: 'custom', path: ['card'], message: 'required where paymentMethod is CARD' })
      }
      if (body.paymentMethod === 'BALANCE' && body.card !== undefined) {
        ctx.addIssue({ code: 'custom', path: ['card'], message: 'only where paymentMethod is CARD' })
      }
    }),
  examples: {
    'With points': { reservationId: EXAMPLE_ID, paymentMethod: 'BALANCE' },
    'By card': { reservationId: EXAMPLE_ID, paymentMethod: 'CARD', card: { token: 'tok_approved' } },
  },
  responses: {
    201: {
      description: 'Paid; the reservation is CONFIRMED.',
      schema: payment,
      headers: {
        Location: 'Where it is.',
        'Idempotency-Replayed': '`true` on an answer that was given before.',
      },
    },
    202: {
      description:
        "Still being worked on, or waiting for a step of the card's owner (`nextAction`), of which it tells at once; with `Prefer: respond-async` the payment as a job.",
      schema: z.union([pendingPayment, acceptedJob]),
      headers: {
        Location: 'Where to ask.',
        'Retry-After': 'Seconds to wait before.',
        'Preference-Applied': '`respond-async`',
      },
    },
  },
  refusals: [
    'FORBIDDEN',
    'RESERVATION_NOT_FOUND',
    'RESERVATION_EXPIRED',
    'RESERVATION_NOT_PAYABLE',
    'AMOUNT_CHANGED',
    'ALREADY_PAID',
    'INSUFFICIENT_BALANCE',
    'CARD_DECLINED',
    'PAYMENT_FAILED',
    'IDEMPOTENCY_KEY_REUSED',
    'UNSUPPORTED_MEDIA_TYPE',
    'PAYLOAD_TOO_LARGE',
  ],
})

export const getPaymentRoute = defineRoute({
  method: 'get',
  path: '/api/v1/payments/{paymentId}',
  operationId: 'getPayment',
  tag: 'payment',
  summary: 'One payment, with its reservation and the steps of its saga',
  description:
    'The reservation is shown as it is now, whatever became of the payment. A reservation is paid for, cancelled and refunded as a whole: there are no refunds of some of its seats.',
  auth: 'user',
  roles: ['finance'],
  params: z.object({ paymentId: uuid }),
  responses: { 200: { description: 'The payment.', schema: paymentDetails } },
  refusals: ['PAYMENT_NOT_FOUND'],
})

const deadLetter = z.object({
  deadLetterId: z.uuid(),
  topic: z.string(),
  consumer: z.string(),
  key: z.string().nullable(),
  type: z.string().nullable(),
  value: z.string().nullable().meta({ description: 'As text; bytes that are not UTF-8 show as U+FFFD.' }),
  error: z.string(),
  attempts: z.int(),
  parkedAt: z.iso.datetime(),
  retriedAt: z.iso.datetime().nullable(),
})

export const listDeadLettersRoute = defineRoute({
  method: 'get',
  path: '/api/v1/admin/dead-letters',
  operationId: 'listDeadLetters',
  tag: 'admin',
  summary: 'Messages that could not be handled, newest first',
  auth: 'admin',
  query: z.object({
    cursor: uuid.optional(),
    limit,
  }),
  responses: {
    200: {
      description: 'A page.',
      schema: z.object({ items: z.array(deadLetter), nextCursor: z.uuid().nullable() }),
    },
  },
  refusals: [],
})

export const retryDeadLetterRoute = defineRoute({
  method: 'post',
  path: '/api/v1/admin/dead-letters/{deadLetterId}/retry',
  operationId: 'retryDeadLetter',
  tag: 'admin',
  summary: 'Publish a parked message again, for the service that parked it',
  description:
    'It is published once: a repeat has the same answer, and one that comes while it is being published is 409. A message that fails again is parked anew, under another id. Handled messages are recognised by their id, so a retry never takes effect twice.',
  auth: 'admin',
  params: z.object({ deadLetterId: uuid }),
  headers: writeHeaders,
  responses: {
    200: { description: 'Published again, at `retriedAt`.', headers: replayHeader, schema: deadLetter },
  },
  refusals: ['DEAD_LETTER_NOT_FOUND', 'DEAD_LETTER_BEING_RETRIED', ...writeRefusals],
})

export const auditRoute = defineRoute({
  method: 'get',
  path: '/api/v1/admin/audit',
  operationId: 'audit',
  tag: 'admin',
  summary: 'Check the invariants on the data of all services',
  auth: 'admin',
  roles: ['finance'],
  responses: {
    200: {
      description:
        'What holds and what does not; `violations` are the first few rows that break an invariant.',
      schema: z.object({
        holds: z.boolean(),
        checkedAt: z.iso.datetime(),
        unsettled: z.int().meta({ description: 'Sagas still at work; they are not judged yet.' }),
        sagas: z.record(z.string(), z.int()).meta({ description: 'Sagas by state.' }),
        providerNotices: z.record(z.string(), z.int()).meta({
          description:
            'Payments that were disputed (`DISPUTE`) or given back (`REFUND`) at the card provider, without us.',
        }),
        moneyWithoutTicket: z
          .object({
            payments: z.int().meta({ example: 2 }),
            oldestSeconds: z.number().nullable().meta({
              description: 'How long the one that waits longest has done so; null where there is none.',
              example: 1.4,
            }),
            longest: z.array(
              z.object({
                paymentId: z.uuid(),
                sagaState: z
                  .string()
                  .nullable()
                  .meta({ description: 'Null where there is no such payment.', example: 'REFUNDING' }),
                since: z.iso.datetime(),
              }),
            ),
          })
          .meta({
            description:
              'Payments whose money is held while their buyer has no ticket. Those at work come and go within a moment; what stands still is told to its saga by the reconciliation.',
          }),
        invariants: z.array(
          z.object({
            number: z.int(),
            name: z.string(),
            holds: z.boolean(),
            checked: z.int(),
            violations: z.array(z.string()),
          }),
        ),
      }),
    },
  },
  refusals: ['UNAVAILABLE', 'TIMEOUT'],
})

/** All routes of this service, for the API reference. */
export const routes = [
  payRoute,
  getPaymentRoute,
  stripeEventsRoute,
  listDeadLettersRoute,
  retryDeadLetterRoute,
  auditRoute,
  getMoneyRoute,
]
