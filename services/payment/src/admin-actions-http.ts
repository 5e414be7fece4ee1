import { listAdminActions } from '@frontrow/admin-actions/list-admin-actions'
import { refusalKind } from '@frontrow/proto/refusals'
import { AuditService } from '@frontrow/proto/services'
import type { ServiceHost } from '@frontrow/service-host/host'
import { toCursor } from '@frontrow/values/page'
import { ROLES } from '@frontrow/values/roles'
import { listAdminActionsRoute, loggingServices } from './admin-actions-openapi.ts'
import type { Config } from './config.ts'
import { listAllAdminActions } from './list-all-admin-actions.ts'
import type { ActionOfService, ReadActions } from './list-all-admin-actions.ts'

type Service = (typeof loggingServices)[number]

const READ_DEADLINE_MS = 1_500

/** Adds GET /admin/actions: the logs of all services, each asked over gRPC, as one. */
export function addAdminActions(host: ServiceHost, config: Config): void {
  const sources = connect(host, config)
  host.http.handle(listAdminActionsRoute, async ({ query }) => {
    const { service, adminId, path, cursor: beforeActionId, limit } = query
    const asked = service === undefined ? loggingServices : [service]
    const { actions, nextActionId } = await listAllAdminActions(
      asked.map((name) => [name, sources[name]] as const),
      { adminId, path, beforeActionId, limit },
    )
    return {
      status: 200,
      data: {
        items: actions.map(toJson),
        nextCursor: nextActionId === null ? null : toCursor(nextActionId),
      },
    }
  })
}

function connect(host: ServiceHost, config: Config): Record<Service, ReadActions> {
  const over = (name: string, address: string): ReadActions => {
    const list = host
      .connect(AuditService, { name: `${name} admin actions`, service: name, address, refusalKind })
      .call('ListAdminActions', { deadlineMs: READ_DEADLINE_MS, retriable: true })
    return async ({ adminId = '', path = '', beforeActionId = '', limit }) =>
      (await list({ adminId, path, beforeActionId, limit })).actions
  }
  return {
    queue: over('queue', config.QUEUE_GRPC),
    catalog: over('catalog', config.CATALOG_GRPC),
    reservation: over('reservation', config.RESERVATION_GRPC),
    payment: (wanted) => listAdminActions(host.pool, wanted),
    wallet: over('wallet', config.WALLET_GRPC),
  }
}

function toJson({ role, body, outcome, status, beganAtMs, endedAtMs, ...action }: ActionOfService<Service>) {
  const parsed: unknown = body === '' ? null : JSON.parse(body)
  return {
    ...action,
    // A service of the version before names none, and let in only admins.
    role: ROLES.find((known) => known === role) ?? 'admin',
    body: parsed,
    outcome: outcome === '' ? null : outcome,
    status: status === 0 ? null : status,
    beganAt: new Date(beganAtMs).toISOString(),
    endedAt: endedAtMs === 0 ? null : new Date(endedAtMs).toISOString(),
  }
}
