import type { Request, Response } from 'express'
import { logAdminAction } from '@frontrow/admin-actions/admin-actions'
import type { AdminActionEnd } from '@frontrow/admin-actions/admin-actions'
import type { Queryable } from '@frontrow/postgres/pool'
import { currentTrace } from '@frontrow/trace-context/trace-context'
import type { Callers } from './auth.ts'
import { pathOf, toRefusal } from './http-errors.ts'
import type { Logger } from './logger.ts'
import { actingRole } from './route-roles.ts'
import type { RouteSpec } from './route.ts'
import type { Reply } from './serve-route.ts'

/** Runs the handler of a write, as an action in the log of admins where it is one of theirs. */
export type LogAdminWrites = (
  route: RouteSpec,
  exchange: { request: Request; response: Response },
  caller: Callers[keyof Callers],
  handle: () => Promise<Reply | undefined>,
) => Promise<Reply | undefined>

/**
 * Logs what is written with the reach of an admin, also by routes that are for everybody: there an admin, or a role that the route
 * names, may act for somebody else. Input that breaks a rule, and callers without the role, are refused before.
 */
export function logAdminWrites(db: Queryable, logger: Logger): LogAdminWrites {
  const onError = (error: unknown): void =>
    logger.error({ err: error }, 'the end of an admin action was not logged')
  return (route, { request, response }, caller, handle) => {
    if (caller === undefined || !('roles' in caller)) return handle()
    const role = actingRole(route, caller)
    if (role === undefined) return handle()
    const action = {
      adminId: caller.userId,
      role,
      operation: route.operationId,
      method: request.method,
      path: pathOf(request.originalUrl),
      body: route.body === undefined ? undefined : request.body,
      requestId: currentTrace()?.requestId ?? '',
    }
    return logAdminAction(db, action, handle, { endOf: (result) => endOf(result, response), onError })
  }
}

const REPLAYED = 'Idempotency-Replayed'

// A replay may be a refusal, too.
function endOf(result: PromiseSettledResult<Reply | undefined>, response: Response): AdminActionEnd {
  const reply = result.status === 'fulfilled' ? result.value : undefined
  const isReplay = reply?.headers?.[REPLAYED] !== undefined || response.hasHeader(REPLAYED)
  if (result.status === 'rejected') {
    const { code, http } = toRefusal(result.reason)
    return { outcome: isReplay ? 'REPLAYED' : code, status: http }
  }
  return { outcome: isReplay ? 'REPLAYED' : 'DONE', status: reply?.status ?? response.statusCode }
}
