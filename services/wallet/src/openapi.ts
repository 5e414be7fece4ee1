import { idempotencyKeyHeader } from '@frontrow/idempotency/idempotency-key'
import { cardToken } from '@frontrow/proto/values'
import { defineRoute } from '@frontrow/service-host/route'
import { userId, uuid } from '@frontrow/values/ids'
import { money } from '@frontrow/values/money'
import { idCursor, limit } from '@frontrow/values/page'
import { z } from 'zod'
import { movementKinds } from './journal.ts'

const tag = 'Wallet'

const params = z.object({ userId })
const idempotent = z.object({
  'idempotency-key': idempotencyKeyHeader.meta({
    description:
      "The same key and body give the same answer and one effect, for 72 hours by default. Keys are of the caller: an admin who uses a user's points with a key and the user who does with the same one make two movements.",
    example: '5f0c9f6e-points-1',
  }),
})
const chargeIdempotent = z.object({
  'idempotency-key': idempotencyKeyHeader.meta({
    description:
      "The same key and body are the same charge and get its answer, for as long as the charge is kept. Keys are of the caller: an admin who charges a user's wallet with a key and the user who does with the same one make two charges.",
    example: '5f0c9f6e-charge-1',
  }),
})
const replayHeader = { 'Idempotency-Replayed': '`true` on an answer that was given before.' }

const charge = z.object({
  userId,
  transactionId: z.uuid(),
  status: z.enum(['CHARGING', 'CHARGED', 'FAILED']),
  amount: money.meta({ example: 50_000 }),
  currentBalance: money
    .nullable()
    .meta({ description: 'Right after the charge; null unless it is CHARGED.', example: 50_000 }),
  createdAt: z.iso.datetime(),
  chargedAt: z.iso.datetime().nullable(),
  failedAt: z.iso.datetime().nullable(),
  reason: z
    .string()
    .nullable()
    .meta({ description: 'Why it FAILED: CARD_DECLINED or TIMEOUT.', example: null }),
  message: z.string().nullable().meta({ description: 'The reason in words, for people.', example: null }),
  refund: z
    .object({ status: z.enum(['PENDING', 'REFUNDED']) })
    .nullable()
    .meta({
      description:
        'Of money that was, or may have been, taken from the card for a charge that FAILED. Null: nothing was taken.',
      example: null,
    }),
})

export const chargeRoute = defineRoute({
  method: 'post',
  work: 'payment',
  path: '/api/v1/users/{userId}/balance/charge',
  movesMoney: true,
  operationId: 'chargeWallet',
  tag,
  summary: 'Put money into a wallet, from a card',
  description:
    'By default 1,000 to 1,000,000 a charge, and a balance of at most 10,000,000, with charges that are at work counted. Waits up to 5 s for the card provider. 202 means that it goes on: ask the Location, or send the same request with the same key again, which waits again for the same charge. With `Prefer: respond-async` nothing is waited for: it is 202 as soon as the charge has begun. The money is in the wallet only when the provider has taken it. A provider that does not answer is asked again, for ten minutes by default; after that the charge has FAILED, and what was taken all the same is given back. A charge that FAILED is final for its key: another one needs a new key. BALANCE_LIMIT_EXCEEDED leaves the key free; nothing was taken. A 503 may have begun the charge all the same: send the same request with the same key again, which answers with that charge or begins it, once.',
  auth: 'user',
  params,
  headers: chargeIdempotent.extend({
    prefer: z.string().optional().meta({
      description: 'RFC 7240; `respond-async` is known, others are passed over',
    }),
  }),
  body: z.strictObject({
    amount: z
      .int()
      .positive()
      .meta({ description: 'In the smallest unit of the currency.', example: 50_000 }),
    card: z
      .strictObject({ token: cardToken.meta({ example: 'tok_approved' }) })
      .optional()
      .meta({
        description:
          'A token of the card provider, never a card number. Required where cards are real. A card that needs a further step of its owner (3-D Secure) is declined. The simulator knows tok_approved, which it takes where no card is named, tok_declined, tok_timeout (answers late), tok_flaky (fails, then works) and tok_action (needs a further step).',
      }),
  }),
  examples: {
    'With the simulated card': { amount: 50_000 },
    'With a card': { amount: 50_000, card: { token: 'tok_approved' } },
  },
  responses: {
    200: {
      description: 'Charged.',
      headers: replayHeader,
      schema: z.object({
        userId,
        chargedAmount: money,
        currentBalance: money,
        transactionId: z.uuid(),
        chargedAt: z.iso.datetime(),
      }),
    },
    202: {
      description: 'Still being worked on.',
      schema: charge,
      headers: {
        Location: 'Where to ask.',
        'Retry-After': 'Seconds to wait before.',
        'Preference-Applied': '`respond-async`',
      },
    },
  },
  refusals: [
    'FORBIDDEN',
    'CARD_DECLINED',
    'PAYMENT_FAILED',
    'BALANCE_LIMIT_EXCEEDED',
    'IDEMPOTENCY_KEY_REUSED',
  ],
})

export const getChargeRoute = defineRoute({
  method: 'get',
  path: '/api/v1/users/{userId}/balance/charges/{transactionId}',
  operationId: 'getCharge',
  tag,
  summary: 'One charge of a wallet',
  auth: 'user',
  roles: ['finance'],
  params: params.extend({ transactionId: uuid }),
  responses: { 200: { description: 'The charge now.', schema: charge } },
  refusals: ['FORBIDDEN', 'CHARGE_NOT_FOUND'],
})

export const balanceRoute = defineRoute({
  method: 'get',
  path: '/api/v1/users/{userId}/balance',
  operationId: 'getBalance',
  tag,
  summary: 'What a wallet holds',
  description: 'Zeros for a user who never charged.',
  auth: 'user',
  roles: ['finance'],
  params,
  responses: {
    200: {
      description: 'The balance now.',
      schema: z.object({
        userId,
        currentBalance: money,
        totalCharged: money,
        totalUsed: money.meta({ description: 'Net of refunds.' }),
        totalAdjusted: z.int().meta({
          description: 'What admins added, less what they took. The balance is charged − used + adjusted.',
          example: 0,
        }),
        lastUpdated: z.iso.datetime().nullable(),
      }),
    },
  },
  refusals: ['FORBIDDEN'],
})

const kind = z.enum(movementKinds)
const kinds = z
  .string()
  .transform((list) => list.split(','))
  .pipe(z.array(kind, `must be one or more of ${movementKinds.join(', ')}, separated by commas`))
  .meta({
    description: 'Only entries of these kinds, separated by commas.',
    example: 'DEBIT,REFUND',
    pattern: `^(?:${movementKinds.join('|')})(?:,(?:${movementKinds.join('|')}))*$`,
  })

export const historyRoute = defineRoute({
  method: 'get',
  path: '/api/v1/users/{userId}/balance/history',
  operationId: 'listBalanceHistory',
  tag,
  summary: 'Ledger entries of a wallet, newest first',
  auth: 'user',
  roles: ['finance'],
  params,
  query: z.object({ cursor: idCursor.optional(), limit, kind: kinds.optional() }),
  responses: {
    200: {
      description: 'One page.',
      schema: z.object({
        items: z.array(
          z.object({
            entryId: z.int().positive(),
            transactionId: z.uuid(),
            kind,
            amount: z.int().meta({ description: 'Negative where money left the wallet.', example: -70_000 }),
            balanceAfter: money,
            paymentId: z.uuid().nullable(),
            reason: z
              .string()
              .nullable()
              .meta({ description: 'Why an admin made it; null for the other kinds.', example: null }),
            createdAt: z.iso.datetime(),
          }),
        ),
        nextCursor: z.string().nullable(),
      }),
    },
  },
  refusals: ['FORBIDDEN'],
})

export const usePointsRoute = defineRoute({
  method: 'post',
  work: 'payment',
  path: '/api/v1/users/{userId}/point/use',
  movesMoney: true,
  operationId: 'usePoints',
  tag,
  summary: 'Deduct points',
  description:
    'A refusal for want of points is the answer to its key, too: the same request with it is refused alike when there are points again. Another try needs another key.',
  auth: 'user',
  params,
  headers: idempotent,
  body: z.strictObject({ amount: z.int().positive().meta({ example: 3_000 }) }),
  examples: { 'Some points': { amount: 3_000 } },
  responses: {
    200: {
      description: 'Deducted.',
      headers: replayHeader,
      schema: z.object({ userId, balance: money }),
    },
  },
  refusals: ['FORBIDDEN', 'INSUFFICIENT_BALANCE', 'IDEMPOTENCY_KEY_REUSED'],
})

/** All of them, for the API reference. */
export const routes = [chargeRoute, getChargeRoute, balanceRoute, historyRoute, usePointsRoute]
