import { idempotencyKeyHeader } from '@frontrow/idempotency/idempotency-key'
import { defineRoute } from '@frontrow/service-host/route'
import { userId } from '@frontrow/values/ids'
import { money } from '@frontrow/values/money'
import { line } from '@frontrow/values/text'
import { z } from 'zod'

const amount = z
  .int()
  .refine((value) => value !== 0, 'must not be 0')
  .meta({
    description: 'In the smallest unit of the currency; negative takes money from the wallet.',
    example: -5_000,
    not: { const: 0 },
  })
const reason = line(500).meta({
  description: "Why. The wallet's owner sees it in the history.",
  example: 'Points of ticket 2027-118 were given twice',
})

export const adjustWalletRoute = defineRoute({
  method: 'post',
  path: '/api/v1/admin/wallets/{userId}/adjustments',
  operationId: 'adjustWallet',
  tag: 'Wallet',
  summary: 'Correct a wallet',
  description:
    'One movement of the kind ADJUSTMENT, with both sides of its entry. It never takes a wallet below zero or a correction upwards past the maximum of a balance, for which what is being charged counts. It is in the wallet’s history, and in `GET /api/v1/admin/actions` with who made it.',
  auth: 'admin',
  roles: ['finance'],
  params: z.object({ userId }),
  headers: z.object({
    'idempotency-key': idempotencyKeyHeader.meta({
      description:
        'The same key and body give the same answer and one effect, for 72 hours by default. Keys are of the admin who calls.',
      example: 'ticket-2027-118',
    }),
  }),
  body: z.strictObject({ amount, reason }),
  examples: {
    Give: { amount: 5_000, reason: 'The lift was out of order' },
    Take: { amount: -5_000, reason: 'Points of ticket 2027-118 were given twice' },
  },
  responses: {
    201: {
      description: 'Corrected.',
      headers: {
        Location: 'The history of the wallet, which has it.',
        'Idempotency-Replayed': '`true` on an answer that was given before.',
      },
      schema: z.object({
        transactionId: z.uuid(),
        userId,
        amount: z.int().meta({ example: -5_000 }),
        reason: z.string(),
        currentBalance: money,
        adjustedBy: z.string().meta({ description: 'The admin: the subject of their token.', example: '1' }),
        adjustedAt: z.iso.datetime(),
      }),
    },
  },
  refusals: ['INSUFFICIENT_BALANCE', 'BALANCE_LIMIT_EXCEEDED', 'IDEMPOTENCY_KEY_REUSED'],
})

/** What admins do with wallets, for the API reference. */
export const adminRoutes = [adjustWalletRoute]
