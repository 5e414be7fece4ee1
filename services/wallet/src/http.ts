import type { ServerResponse } from 'node:http'
import { actingUser } from '@frontrow/service-host/auth'
import type { Caller } from '@frontrow/service-host/auth'
import type { HttpServer } from '@frontrow/service-host/http-server'
import { prefersAsync } from '@frontrow/service-host/prefer'
import type { Reply } from '@frontrow/service-host/serve-route'
import { chargeWallet } from './charges/charge-wallet.ts'
import { getCharge } from './charges/get-charge.ts'
import { toJson, toReceipt } from './charges/charge-json.ts'
import type { WalletContext } from './context.ts'
import { listBalanceHistory } from './list-balance-history.ts'
import { toCursor } from '@frontrow/values/page'
import { balanceRoute, chargeRoute, getChargeRoute, historyRoute, usePointsRoute } from './openapi.ts'
import type { KeyedAnswer } from './request-movements.ts'
import { readWallet } from './sql/wallets.ts'
import { usePoints } from './use-points.ts'

/** The REST side: wallets by their user. */
export function addRoutes(http: HttpServer, ctx: WalletContext): void {
  http.handle(chargeRoute, async ({ params, headers, body, caller, response }) => {
    const isAsync = prefersAsync(headers.prefer)
    const { charge, refusal, isReplay } = await chargeWallet(ctx, {
      ...whose(caller, params.userId),
      amount: body.amount,
      cardToken: body.card?.token,
      idempotencyKey: headers['idempotency-key'],
      waitMs: isAsync ? 0 : ctx.config.CHARGE_WAIT_MS,
    })
    if (isReplay) response.setHeader('Idempotency-Replayed', 'true')
    if (refusal !== null) throw refusal
    if (charge.status === 'CHARGED') return { status: 200, data: toReceipt(charge) }
    const { userId, chargeId } = charge
    return {
      status: 202,
      data: toJson(charge),
      headers: {
        Location: `/api/v1/users/${encodeURIComponent(userId)}/balance/charges/${chargeId}`,
        'Retry-After': String(ctx.charges.worker.expectedSeconds()),
        ...(isAsync ? { 'Preference-Applied': 'respond-async' } : {}),
      },
    }
  })

  http.handle(getChargeRoute, async ({ params, caller }) => ({
    status: 200,
    data: toJson(await getCharge(ctx, whose(caller, params.userId).userId, params.transactionId)),
  }))

  http.handle(usePointsRoute, async ({ params, headers, body, caller, response }) =>
    toReply(
      response,
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

/** Throws the refusal of an answer that is one. */
function toReply(response: Pick<ServerResponse, 'setHeader'>, answer: KeyedAnswer): Reply {
  if (answer.replayed) response.setHeader('Idempotency-Replayed', 'true')
  if ('refusal' in answer) throw answer.refusal
  return { status: 200, data: answer.data }
}
