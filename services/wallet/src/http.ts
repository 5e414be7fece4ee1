import { actingUser } from '@frontrow/service-host/auth'
import type { Caller } from '@frontrow/service-host/auth'
import type { HttpServer } from '@frontrow/service-host/http-server'
import type { Reply } from '@frontrow/service-host/serve-route'
import { chargeWallet } from './charge-wallet.ts'
import type { WalletContext } from './context.ts'
import { listBalanceHistory } from './list-balance-history.ts'
import { toCursor } from '@frontrow/values/page'
import { balanceRoute, chargeRoute, historyRoute, usePointsRoute } from './openapi.ts'
import type { KeyedAnswer } from './request-movements.ts'
import { readWallet } from './sql/wallets.ts'
import { usePoints } from './use-points.ts'

/** The REST side: wallets by their user. */
export function addRoutes(http: HttpServer, ctx: WalletContext): void {
  http.handle(chargeRoute, async ({ params, headers, body, caller }) =>
    toReply(
      await chargeWallet(ctx, {
        ...whose(caller, params.userId),
        amount: body.amount,
        idempotencyKey: headers['idempotency-key'],
      }),
    ),
  )

  http.handle(usePointsRoute, async ({ params, headers, body, caller }) =>
    toReply(
      await usePoints(ctx, {
        ...whose(caller, params.userId),
        amount: body.amount,
        idempotencyKey: headers['idempotency-key'],
      }),
    ),
  )

  http.handle(balanceRoute, async ({ params, caller }) => {
    const wallet = await readWallet(ctx.pool, whose(caller, params.userId).userId)
    return {
      status: 200,
      data: {
        userId: wallet.userId,
        currentBalance: wallet.balance,
        totalCharged: wallet.totalCharged,
        totalUsed: wallet.totalUsed,
        totalAdjusted: wallet.totalAdjusted,
        lastUpdated: wallet.updatedAt?.toISOString() ?? null,
      },
    }
  })

  http.handle(historyRoute, async ({ params, query, caller }) => {
    const { userId } = whose(caller, params.userId)
    const page = { kinds: query.kind, beforeEntryId: query.cursor, limit: query.limit }
    const { entries, nextEntryId } = await listBalanceHistory(ctx, userId, page)
    return {
      status: 200,
      data: {
        items: entries.map((entry) => ({ ...entry, createdAt: entry.createdAt.toISOString() })),
        nextCursor: nextEntryId === null ? null : toCursor(nextEntryId),
      },
    }
  })
}

/** The wallet's user, and whose Idempotency-Key it is. */
function whose(caller: Caller, userId: string): { userId: string; callerId: string } {
  return { userId: actingUser(caller, userId), callerId: caller.userId }
}

function toReply({ data, replayed }: KeyedAnswer): Reply {
  return { status: 200, data, ...(replayed ? { headers: { 'Idempotency-Replayed': 'true' } } : {}) }
}
