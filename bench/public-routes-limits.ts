import { readRateLimits } from '../scripts/gateway-settings.ts'

/** A request that nobody needs a token for, and how often one address may send it. */
interface PublicRoute {
  what: string
  method?: string
  /** `#` is another number each time. */
  path: string
  /** How many of one address are served in a second; more are 429 in Nginx. */
  perSecond: number
  /** CPU of all processes, as bench/public-routes.ts measured it on the machine of docs/benchmarks.md. */
  measuredMs: number
}

const limits = readRateLimits({})
const room = '/api/v1/queue/schedules/1'
const schedule = '/api/v1/concerts/1/schedules/1'

/** Every kind of request without a token, dearest form. */
export const publicRoutes: readonly PublicRoute[] = [
  {
    what: 'a page of the pages',
    path: '/concerts/#',
    perSecond: limits.ADDRESS_REQUESTS_PER_SECOND,
    measuredMs: 0,
  },
  { what: 'config.json', path: '/config.json', perSecond: limits.ADDRESS_REQUESTS_PER_SECOND, measuredMs: 0 },
  { what: 'live', path: '/health/live', perSecond: limits.ADDRESS_REQUESTS_PER_SECOND, measuredMs: 0 },
  { what: 'ready', path: '/health/ready?a=#', perSecond: limits.ADDRESS_ANONYMOUS_PER_SECOND, measuredMs: 0 },
  { what: 'the reference', path: '/docs', perSecond: limits.ADDRESS_READS_PER_SECOND, measuredMs: 0 },
  {
    what: "the reference's largest file",
    path: '/docs/swagger-ui-bundle.js?v=#',
    perSecond: limits.ADDRESS_READS_PER_SECOND,
    measuredMs: 0,
  },
  { what: 'a file that is none', path: '/docs/#', perSecond: limits.ADDRESS_READS_PER_SECOND, measuredMs: 0 },
  {
    what: 'openapi.json',
    path: '/api/v1/openapi.json?a=#',
    perSecond: limits.ADDRESS_READS_PER_SECOND,
    measuredMs: 0,
  },
  {
    what: 'now-serving',
    path: `${room}/now-serving`,
    perSecond: limits.ADDRESS_REQUESTS_PER_SECOND,
    measuredMs: 0,
  },
  {
    what: 'now-serving of rooms that are none',
    path: '/api/v1/queue/schedules/9#/now-serving',
    perSecond: limits.ADDRESS_REQUESTS_PER_SECOND,
    measuredMs: 0,
  },
  { what: 'fairness', path: `${room}/fairness`, perSecond: limits.ADDRESS_READS_PER_SECOND, measuredMs: 0 },
  {
    what: 'fairness of rooms that are none',
    path: '/api/v1/queue/schedules/9#/fairness',
    perSecond: limits.ADDRESS_READS_PER_SECOND,
    measuredMs: 0,
  },
  {
    what: 'a page of the log',
    path: `${room}/fairness?from=#`,
    perSecond: limits.ADDRESS_LOG_PAGES_PER_SECOND,
    measuredMs: 0,
  },
  { what: 'concerts', path: '/api/v1/concerts', perSecond: limits.ADDRESS_READS_PER_SECOND, measuredMs: 0 },
  {
    what: 'concerts, searched',
    path: '/api/v1/concerts?query=a#',
    perSecond: limits.ADDRESS_READS_PER_SECOND,
    measuredMs: 0,
  },
  {
    what: 'concerts that are none',
    path: '/api/v1/concerts/9#',
    perSecond: limits.ADDRESS_READS_PER_SECOND,
    measuredMs: 0,
  },
  {
    what: 'schedules',
    path: '/api/v1/concerts/1/schedules',
    perSecond: limits.ADDRESS_READS_PER_SECOND,
    measuredMs: 0,
  },
  { what: 'a schedule', path: schedule, perSecond: limits.ADDRESS_READS_PER_SECOND, measuredMs: 0 },
  {
    what: 'a layout that is none',
    path: `${schedule}/seats/layout/x#`,
    perSecond: limits.ADDRESS_READS_PER_SECOND,
    measuredMs: 0,
  },
  {
    what: 'keys of tickets',
    path: '/api/v1/tickets/keys',
    perSecond: limits.ADDRESS_READS_PER_SECOND,
    measuredMs: 0,
  },
  {
    what: 'a join without a token',
    method: 'POST',
    path: '/api/v1/queue/tokens',
    perSecond: limits.ADDRESS_ANONYMOUS_PER_SECOND,
    measuredMs: 0,
  },
  {
    what: 'a place without a token',
    path: '/api/v1/queue/tokens/me',
    perSecond: limits.ADDRESS_ANONYMOUS_PER_SECOND,
    measuredMs: 0,
  },
  {
    what: 'an admin without a token',
    path: '/api/v1/admin/audit',
    perSecond: limits.ADDRESS_ANONYMOUS_PER_SECOND,
    measuredMs: 0,
  },
  {
    what: "a provider's event, forged",
    method: 'POST',
    path: '/api/v1/providers/stripe/events',
    perSecond: 200,
    measuredMs: 0,
  },
]
