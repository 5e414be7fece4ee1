import type { HttpServer } from '@frontrow/service-host/http-server'
import { adjustWallet } from './adjust-wallet.ts'
import { adjustWalletRoute } from './admin-openapi.ts'
import type { WalletContext } from './context.ts'

/** What admins do with wallets. */
export function addAdminRoutes(http: Pick<HttpServer, 'handle'>, ctx: WalletContext): void {
  http.handle(adjustWalletRoute, async ({ params, headers, body, caller }) => {
    const { data, replayed } = await adjustWallet(ctx, {
      ...params,
      ...body,
      adminId: caller.userId,
      idempotencyKey: headers['idempotency-key'],
    })
    return {
      status: 201,
      data,
      headers: {
        Location: `/api/v1/users/${encodeURIComponent(params.userId)}/balance/history`,
        ...(replayed ? { 'Idempotency-Replayed': 'true' } : {}),
      },
    }
  })
}
