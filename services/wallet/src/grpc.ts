import { adminActionsPage, listAdminActions } from '@frontrow/admin-actions/list-admin-actions'
import { auditCallers, walletCallers } from '@frontrow/proto/callers'
import { AuditService, WalletService } from '@frontrow/proto/services'
import { unaryHandler } from '@frontrow/service-host/grpc-server'
import type { ServiceHost } from '@frontrow/service-host/host'
import { userId as userIdRule } from '@frontrow/values/ids'
import { z } from 'zod'
import { checkWalletInvariants } from './check-ledger.ts'
import type { WalletContext } from './context.ts'
import { listPaymentFacts } from './sql/payment-movements.ts'
import { readWallet } from './sql/wallets.ts'

const GetBalance = z.object({ userId: userIdRule })
const CheckInvariants = z.object({})
const ListPaymentFacts = z.object({
  // proto3 sends an absent string as an empty one.
  afterPaymentId: z
    .union([z.literal(''), z.uuid()])
    .transform((paymentId) => (paymentId === '' ? undefined : paymentId)),
  limit: z.int().min(1).max(5_000),
})

/** Adds this service's gRPC methods: balances for other services, and its part of the audit. */
export function addServices(host: ServiceHost, ctx: WalletContext): void {
  host.grpc.add(WalletService.service, walletCallers, {
    GetBalance: unaryHandler(host, 'GetBalance', GetBalance, async ({ userId }) => {
      const { balance } = await readWallet(ctx.pool, userId)
      return { balance }
    }),
  })
  host.grpc.add(AuditService.service, auditCallers, {
    CheckInvariants: unaryHandler(host, 'CheckInvariants', CheckInvariants, async () => ({
      invariants: await checkWalletInvariants(ctx),
    })),
    ListPaymentFacts: unaryHandler(host, 'ListPaymentFacts', ListPaymentFacts, async (page) => ({
      facts: await listPaymentFacts(ctx.pool, page),
    })),
    ListAdminActions: unaryHandler(host, 'ListAdminActions', adminActionsPage, async (page) => ({
      actions: await listAdminActions(ctx.pool, page),
    })),
  })
}
