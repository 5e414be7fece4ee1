import { idempotencyKeyHeader } from '@frontrow/idempotency/idempotency-key'
import { defineRoute } from '@frontrow/service-host/route'
import { userId } from '@frontrow/values/ids'
import { money } from '@frontrow/values/money'
import { idCursor, limit } from '@frontrow/values/page'
import { z } from 'zod'
import { movementKinds } from './journal.ts'

const tag = 'Wallet'

const params = z.object({ userId })
const idempotent = z.object({
  'idempotency-key': idempotencyKeyHeader.meta({
    description: 'The same key and body give the same answer and one effect, for 72 hours by default.',
    example: '5f0c9f6e-charge-1',
  }),
})
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
  .meta({ description: 'Only entries of these kinds, separated by commas.', example: 'DEBIT,REFUND' })

export const historyRoute = defineRoute({
  method: 'get',
  path: '/api/v1/users/{userId}/balance/history',
  operationId: 'listBalanceHistory',
  tag,
  summary: 'Ledger entries of a wallet, newest first',
  auth: 'user',
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
