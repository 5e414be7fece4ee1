import { readFile } from 'node:fs/promises'
import { refusals } from '@frontrow/proto/refusals'
import { QUEUE_TOKEN_COOKIE } from '@frontrow/proto/queue-token'
import type { RefusalCode } from '@frontrow/proto/refusals'
import { createApiDocument } from '@frontrow/service-host/openapi-document'
import type { RouteSpec } from '@frontrow/service-host/route'
import { z } from 'zod'
import { adminRoutes } from '../services/catalog/src/admin-openapi.ts'
import { routes as catalogRoutes } from '../services/catalog/src/openapi.ts'
import { seatRoutes } from '../services/catalog/src/seat-openapi.ts'
import { listAdminActionsRoute } from '../services/payment/src/admin-actions-openapi.ts'
import { noticeRoutes } from '../services/payment/src/notices/openapi.ts'
import { routes as paymentRoutes } from '../services/payment/src/openapi.ts'
import { webhookRoutes } from '../services/payment/src/webhooks/openapi.ts'
import { routes as queueRoutes } from '../services/queue/src/openapi.ts'
import { routes as reservationRoutes } from '../services/reservation/src/openapi.ts'
import { adminRoutes as walletAdminRoutes } from '../services/wallet/src/admin-openapi.ts'
import { routes as walletRoutes } from '../services/wallet/src/openapi.ts'

/** Every route of every service. */
export const routes: readonly RouteSpec[] = [
  ...tagged('Queue', queueRoutes),
  ...tagged('Catalog', [...catalogRoutes, ...seatRoutes, ...adminRoutes]),
  ...tagged('Reservation', reservationRoutes),
  ...tagged('Payment', [...paymentRoutes, listAdminActionsRoute, ...noticeRoutes, ...webhookRoutes]),
  ...tagged('Wallet', [...walletRoutes, ...walletAdminRoutes]),
]

const tags = [
  { name: 'Queue', description: 'The waiting room: join, wait, be let in.' },
  { name: 'Catalog', description: 'Concerts, schedules and their seats.' },
  { name: 'Reservation', description: 'Hold seats, and what becomes of a hold.' },
  { name: 'Payment', description: 'Pay for a hold.' },
  { name: 'Wallet', description: 'Points: charge, use, look back.' },
  {
    name: 'Admin',
    description:
      'For those who run the on-sale; the bearer token needs a role, which each route names. `admin` may do everything.',
  },
]

const description = `Sells seats for a show that everybody wants at the same minute.

A purchase: join the waiting room (\`POST /api/v1/queue/tokens\`), poll until the token is ACTIVE, see the seats, hold some
(\`POST /api/v1/reservations\`), pay (\`POST /api/v1/payments\`).

Success is \`{"success":true,"data":…}\`, failure \`{"success":false,"error":{"code","message","details","requestId"}}\`, or
RFC 9457 for \`Accept: application/problem+json\`. Times are ISO 8601 in UTC, money is an integer in the smallest unit of
the currency. Every answer carries \`X-Request-Id\`: yours, or one that was made.
Text in bodies and queries is read without spaces around it, and the lengths and patterns of names hold for what is left.`

const packageFile = z.object({ version: z.string() })

/** The API of all services as one document. */
export async function apiDocument(): Promise<object> {
  const { version } = packageFile.parse(
    JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8')),
  )
  return createApiDocument(routes, {
    info: {
      title: 'Frontrow',
      version,
      description,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    tags,
    securitySchemes: {
      bearer: {
        type: 'http',
        scheme: 'bearer',
        bearerFormat: 'JWT',
        description:
          'Subject: the user. Claims `email` and `locale` of the token that pays: where mail about it goes, and in which language. `npm run token -- --user 101` makes one for development.',
      },
      queueToken: {
        type: 'apiKey',
        in: 'header',
        name: 'Queue-Token',
        description: 'The place in the waiting room, as joining answered it.',
      },
      queueTokenCookie: {
        type: 'apiKey',
        in: 'cookie',
        name: QUEUE_TOKEN_COOKIE,
        description:
          'The same, as joining set it: the latest one. Where a request names its schedule, `tokenId_<scheduleId>` is read before it.',
      },
    },
    security,
    refusals,
    commonRefusals,
    hiddenHeaders: ['authorization', 'cookie', 'queue-token'],
  })
}

/** One tag a service, and one for what admins do, whichever service does it. */
function tagged(tag: string, ofService: readonly RouteSpec[]): RouteSpec[] {
  return ofService.map((route) => ({ ...route, tag: route.auth === 'admin' ? 'Admin' : tag }))
}

function security(route: RouteSpec): Record<string, string[]>[] {
  const bearer: Record<string, string[]> =
    route.auth === 'user' || route.auth === 'admin' ? { bearer: [] } : {}
  if (route.auth !== 'token' && route.queueToken === undefined) return route.auth === 'none' ? [] : [bearer]
  return [
    { ...bearer, queueToken: [] },
    { ...bearer, queueTokenCookie: [] },
  ]
}

function commonRefusals(route: RouteSpec): RefusalCode[] {
  const hasInput = [route.params, route.query, route.body, route.headers].some((part) => part !== undefined)
  const needsToken = route.auth === 'token' || route.queueToken !== undefined
  return [
    ...(hasInput ? (['INVALID_REQUEST'] as const) : []),
    ...(route.auth === 'user' || route.auth === 'admin' ? (['UNAUTHENTICATED'] as const) : []),
    ...(needsToken ? (['QUEUE_TOKEN_REQUIRED', 'QUEUE_TOKEN_INVALID'] as const) : []),
    ...(route.queueToken === 'active' ? (['QUEUE_TOKEN_NOT_ACTIVE'] as const) : []),
    ...(route.auth === 'admin' ? (['FORBIDDEN'] as const) : []),
    ...(route.body === undefined ? [] : (['PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'] as const)),
    'RATE_LIMITED',
    'INTERNAL',
    'UNAVAILABLE',
    'TIMEOUT',
  ]
}
