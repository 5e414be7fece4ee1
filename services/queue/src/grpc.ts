import { adminActionsPage, listAdminActions } from '@frontrow/admin-actions/list-admin-actions'
import { checkKeys } from '@frontrow/idempotency/audit'
import { checkMessages } from '@frontrow/messaging/audit'
import { auditCallers, queueCallers } from '@frontrow/proto/callers'
import { AuditService, QueueService } from '@frontrow/proto/services'
import { isRefusal } from '@frontrow/proto/refusals'
import { unaryHandler } from '@frontrow/service-host/grpc-server'
import type { ServiceHost } from '@frontrow/service-host/host'
import { SHARED_CALL_MAX } from '@frontrow/service-host/shared-calls'
import { id, userId } from '@frontrow/values/ids'
import { z } from 'zod'
import type { QueueContext } from './context.ts'
import { checkAdmissions } from './admission/check-admissions.ts'
import { verifyToken } from './places/verify-token.ts'
import type { VerifiedToken } from './places/verify-token.ts'

const VALUE_LENGTH_MAX = 1_000
// A value of any form is answered with QUEUE_TOKEN_INVALID rather than with a broken rule.
const tokenValue = z
  .string()
  .transform((value) => (value.length > VALUE_LENGTH_MAX ? '' : value.trim().toLowerCase()))
const VerifyToken = z.object({
  token: tokenValue,
  scheduleId: id.optional(),
  userId: userId.optional(),
})
const VerifyTokens = z.object({ checks: z.array(VerifyToken).max(SHARED_CALL_MAX) })
const Anything = z.object({})

/** The gRPC side: what other services ask of the waiting room, and this service's part of the audit. */
export function addServices(host: ServiceHost, ctx: QueueContext): void {
  host.grpc.add(QueueService.service, queueCallers, {
    VerifyToken: unaryHandler(host, 'VerifyToken', VerifyToken, async (asked) => verifyToken(ctx, asked)),
    VerifyTokens: unaryHandler(host, 'VerifyTokens', VerifyTokens, async ({ checks }) => ({
      outcomes: await Promise.all(checks.map((asked) => outcomeOf(verifyToken(ctx, asked)))),
    })),
  })
  host.grpc.add(AuditService.service, auditCallers, {
    CheckInvariants: unaryHandler(host, 'CheckInvariants', Anything, async () => ({
      invariants: await Promise.all([
        checkAdmissions(ctx.pool),
        checkKeys(ctx.pool, 'queue'),
        checkMessages(ctx.pool, 'queue'),
      ]),
    })),
    ListPaymentFacts: unaryHandler(host, 'ListPaymentFacts', Anything, async () => ({ facts: [] })),
    ListAdminActions: unaryHandler(host, 'ListAdminActions', adminActionsPage, async (page) => ({
      actions: await listAdminActions(ctx.pool, page),
    })),
  })
}

/** What one check of several came to. An error that is no refusal fails the whole call. */
async function outcomeOf(check: Promise<VerifiedToken>) {
  try {
    return { verified: await check }
  } catch (error) {
    if (!isRefusal(error)) throw error
    const { code, message, retryAfterSeconds } = error
    return { refused: { code, message, retryAfterSeconds } }
  }
}
