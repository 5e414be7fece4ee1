import { readRateLimits } from '../scripts/gateway-settings.ts'

/** A request that nobody needs a token for, and what it costs. */
export interface PublicRoute {
  what: string
  /** As the API reference names it, where it is in there. */
  operation?: string
  method?: string
  /** `#` is another number each time, so that no answer was kept. */
  path: string
  /** The limit of an address that it falls under. */
  limit: 'REQUESTS' | 'READS' | 'SCHEDULES' | 'LOG_PAGES' | 'ANONYMOUS' | 'PROVIDER_EVENTS'
  /** CPU of all processes in ms, as bench/public-routes.ts measured it. */
  measuredMs: number
}

const given = readRateLimits({})

/** How many of one address Nginx lets through in a second. */
export const perSecond: Readonly<Record<PublicRoute['limit'], number>> = {
  REQUESTS: given.ADDRESS_REQUESTS_PER_SECOND,
  READS: given.ADDRESS_READS_PER_SECOND,
  SCHEDULES: given.ADDRESS_SCHEDULES_PER_SECOND,
  LOG_PAGES: given.ADDRESS_LOG_PAGES_PER_SECOND,
  ANONYMOUS: given.ADDRESS_ANONYMOUS_PER_SECOND,
  // Written in the template: a payment provider sends from few addresses.
  PROVIDER_EVENTS: 100,
}

const room = '/api/v1/queue/schedules/{scheduleId}'
const schedules = '/api/v1/concerts/{concertId}/schedules'

/**
 * Kinds of requests without a token, each in its dearest form. Measured on two cores beside other work, which makes them dearer; what Nginx answers
 * alone was below what the measurement tells apart, and is named with what a run of 12,000 came to, rounded up. A page of the log is named with what a full one cost, with 1,000 entries. Left out is now-serving of rooms that are none, 2.2 ms each (docs/decisions/0048).
 */
export const publicRoutes: readonly PublicRoute[] = [
  { what: 'a page', path: '/concerts/#', limit: 'REQUESTS', measuredMs: 0.03 },
  { what: 'where to sign in', path: '/config.json', limit: 'REQUESTS', measuredMs: 0.03 },
  { what: 'whether it is ready', path: '/health/ready?a=#', limit: 'ANONYMOUS', measuredMs: 0.192 },
  {
    what: "the reference's largest file",
    path: '/docs/swagger-ui-bundle.js?v=#',
    limit: 'READS',
    measuredMs: 0.204,
  },
  { what: 'a file that the reference has not', path: '/docs/#', limit: 'READS', measuredMs: 0.366 },
  { what: 'the document of the API', path: '/api/v1/openapi.json?a=#', limit: 'READS', measuredMs: 0.03 },
  {
    what: 'now-serving',
    operation: `get ${room}/now-serving`,
    path: '/api/v1/queue/schedules/1/now-serving',
    limit: 'REQUESTS',
    measuredMs: 0.03,
  },
  {
    what: 'fairness',
    operation: `get ${room}/fairness`,
    path: '/api/v1/queue/schedules/1/fairness',
    limit: 'READS',
    measuredMs: 0.065,
  },
  {
    what: 'a page of the log that was not kept',
    path: '/api/v1/queue/schedules/1/fairness?from=#',
    limit: 'LOG_PAGES',
    measuredMs: 7.9,
  },
  {
    what: 'concerts, searched',
    operation: 'get /api/v1/concerts',
    path: '/api/v1/concerts?query=a#',
    limit: 'READS',
    measuredMs: 1.09,
  },
  {
    what: 'a concert that is none',
    operation: 'get /api/v1/concerts/{concertId}',
    path: '/api/v1/concerts/9#',
    limit: 'READS',
    measuredMs: 0.522,
  },
  {
    what: 'schedules',
    operation: `get ${schedules}`,
    path: '/api/v1/concerts/1/schedules',
    limit: 'READS',
    measuredMs: 1.027,
  },
  {
    what: 'a schedule',
    operation: `get ${schedules}/{scheduleId}`,
    path: '/api/v1/concerts/1/schedules/1',
    limit: 'SCHEDULES',
    measuredMs: 0.241,
  },
  {
    what: 'a layout that is none',
    operation: `get ${schedules}/{scheduleId}/seats/layout/{version}`,
    path: '/api/v1/concerts/1/schedules/1/seats/layout/x#',
    limit: 'READS',
    measuredMs: 0.483,
  },
  {
    what: 'keys of tickets',
    operation: 'get /api/v1/tickets/keys',
    path: '/api/v1/tickets/keys',
    limit: 'READS',
    measuredMs: 0.314,
  },
  {
    what: 'a room that is none',
    path: '/api/v1/queue/schedules/9#/fairness',
    limit: 'READS',
    measuredMs: 1.463,
  },
  {
    what: 'a join without a token',
    method: 'POST',
    path: '/api/v1/queue/tokens',
    limit: 'ANONYMOUS',
    measuredMs: 0.295,
  },
  { what: 'a place without a token', path: '/api/v1/queue/tokens/me', limit: 'ANONYMOUS', measuredMs: 0.187 },
  { what: 'the audit without a token', path: '/api/v1/admin/audit', limit: 'ANONYMOUS', measuredMs: 0.34 },
  {
    what: "a provider's event, forged",
    operation: 'post /api/v1/providers/stripe/events',
    method: 'POST',
    path: '/api/v1/providers/stripe/events',
    limit: 'PROVIDER_EVENTS',
    measuredMs: 0.338,
  },
]
