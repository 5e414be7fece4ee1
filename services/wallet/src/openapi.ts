import { idempotencyKeyHeader } from '@frontrow/idempotency/idempotency-key'
import { defineRoute } from '@frontrow/service-host/route'
import { z } from 'zod'

const tag = 'Wallet'

const userId = z
  .string()
  .min(1)
  .max(64)
  // PostgreSQL's text can't hold it, so an admin who asked for such a user would get an error of ours.
  .refine((text) => !text.includes('\0'), 'must not hold NUL')
  .meta({ description: "The token's subject.", example: '101' })
const params = z.object({ userId })
const idempotent = z.object({
  'idempotency-key': idempotencyKeyHeader.meta({
    description: 'The same key and body give the same answer and one effect, for 72 hours by default.',
    example: '5f0c9f6e-charge-1',
  }),
})
const money = z.int().nonnegative()
const replayHeader = { 'Idempotency-Replayed': '`true` on an answer that was given before.' }

export const chargeRoute = defineRoute({
  method: 'post',
  path: '/api/v1/users/{userId}/balance/charge',
  operationId: 'chargeWallet',
  tag,
  summary: 'Put money into a wallet',
  description: 'By default 1,000 to 1,000,000 a charge, and a balance of at most 10,000,000.',
  auth: 'user',
  params,
  headers: idempotent,
  body: z.strictObject({
    amount: z
      .int()
      .positive()
      .meta({ description: 'In the smallest unit of the currency.', example: 50_000 }),
  }),
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
  },
  refusals: ['FORBIDDEN', 'BALANCE_LIMIT_EXCEEDED', 'IDEMPOTENCY_KEY_REUSED'],
})

export const balanceRoute = defineRoute({
  method: 'get',
  path: '/api/v1/users/{userId}/balance',
  operationId: 'getBalance',
  tag,
  summary: 'What a wallet holds',
  description: 'Zeros for a user who never charged.',
  auth: 'user',
  params,
  responses: {
    200: {
      description: 'The balance now.',
      schema: z.object({
        userId,
        currentBalance: money,
        totalCharged: money,
        totalUsed: money.meta({ description: 'Net of refunds.' }),
        lastUpdated: z.iso.datetime().nullable(),
      }),
    },
  },
  refusals: ['FORBIDDEN'],
})

/** A cursor is the id of the last entry shown; opaque, so that it can become something else. */
export function toCursor(entryId: number): string {
  return Buffer.from(String(entryId)).toString('base64url')
}

const cursor = z
  .string()
  .max(64)
  .transform((text, context) => {
    const entryId = Number(Buffer.from(text, 'base64url').toString('latin1'))
    if (Number.isSafeInteger(entryId) && entryId > 0 && toCursor(entryId) === text) return entryId
    context.addIssue({ code: 'custom', message: 'is not a cursor of this list' })
    return z.NEVER
  })
  .meta({ description: '`nextCursor` of the page before.' })

export const historyRoute = defineRoute({
  method: 'get',
  path: '/api/v1/users/{userId}/balance/history',
  operationId: 'listBalanceHistory',
  tag,
  summary: 'Ledger entries of a wallet, newest first',
  auth: 'user',
  params,
  query: z.object({ cursor: cursor.optional(), limit: z.coerce.number().int().min(1).max(100).default(20) }),
  responses: {
    200: {
      description: 'One page.',
      schema: z.object({
        items: z.array(
          z.object({
            entryId: z.int().positive(),
            transactionId: z.uuid(),
            kind: z.enum(['CHARGE', 'DEBIT', 'REFUND']),
            amount: z.int().meta({ description: 'Negative where money left the wallet.', example: -70_000 }),
            balanceAfter: money,
            paymentId: z.uuid().nullable(),
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
  path: '/api/v1/users/{userId}/point/use',
  operationId: 'usePoints',
  tag,
  summary: 'Deduct points',
  auth: 'user',
  params,
  headers: idempotent,
  body: z.strictObject({ amount: z.int().positive().meta({ example: 3_000 }) }),
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
export const routes = [chargeRoute, balanceRoute, historyRoute, usePointsRoute]
