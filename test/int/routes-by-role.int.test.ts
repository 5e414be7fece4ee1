import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { createAuthenticate } from '@frontrow/service-host/auth'
import { createHttpServer } from '@frontrow/service-host/http-server'
import type { HttpServer } from '@frontrow/service-host/http-server'
import { createLogger } from '@frontrow/service-host/logger'
import type { RouteSpec } from '@frontrow/service-host/route'
import { rolesOf } from '@frontrow/service-host/route-roles'
import { claimsOf } from '@frontrow/test-kit/identity-provider'
import { ROLES } from '@frontrow/values/roles'
import type { Role } from '@frontrow/values/roles'
import { SignJWT } from 'jose'
import { routes } from '../../scripts/api-document.ts'

const JWT_SECRET = randomBytes(32).toString('hex')
const key = new TextEncoder().encode(JWT_SECRET)
const logger = createLogger({ service: 'test', level: 'silent' })
const HELD = { held: 1 }

/** Who asks: a role, a fan without any, or nobody. */
type Asker = Role | 'fan' | 'nobody'
const ASKERS: readonly Asker[] = [...ROLES, 'fan', 'nobody']

/** What came through to the code of a route. */
interface Reached {
  handled: number
  logged: number
  actsForAnybody: boolean | undefined
}

let server: HttpServer
let url: string
const reached = new Map<RouteSpec, Reached>()
const tokens = new Map<Asker, string>()

/** A route as it is declared, but for its input: whoever may call it gets to its handler with any. */
function withoutInput(route: RouteSpec): RouteSpec {
  const { params: _params, query: _query, body: _body, rawBody: _raw, headers: _headers, ...rest } = route
  return rest
}

beforeAll(async () => {
  for (const asker of ASKERS.filter((one) => one !== 'nobody')) {
    const claims = claimsOf(asker, { roles: asker === 'fan' ? ['fan', 'administrator'] : [asker] })
    const token = await new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(key)
    tokens.set(asker, token)
  }
  server = createHttpServer({
    authenticate: createAuthenticate(
      {
        HOST: '127.0.0.1',
        JWT_SECRET,
        JWKS_URL: undefined,
        DEVELOPMENT_JWKS: undefined,
        JWT_ISSUER: 'frontrow',
        JWT_AUDIENCE: 'frontrow',
        JWT_ALGORITHMS: ['RS256'],
        JWT_CLOCK_SKEW_SECONDS: 5,
        ROLES_CLAIM: 'roles',
      },
      logger,
    ),
    readQueueToken: () => 'a place',
    logAdminWrites: (route, _exchange, _caller, handle) => {
      const counts = [...reached].find(([{ operationId }]) => operationId === route.operationId)?.[1]
      if (counts !== undefined) counts.logged += 1
      return handle()
    },
    logger,
    metrics: { observe: () => undefined },
  })
  for (const route of routes) {
    const counts: Reached = { handled: 0, logged: 0, actsForAnybody: undefined }
    reached.set(route, counts)
    server.handle(withoutInput(route), ({ caller }) => {
      counts.handled += 1
      counts.actsForAnybody =
        typeof caller === 'object' && 'actsForAnybody' in caller ? caller.actsForAnybody : undefined
      return { status: 200, data: HELD }
    })
  }
  url = `http://127.0.0.1:${await server.listen('127.0.0.1', 0)}`
})

afterAll(() => server.close(0))

async function ask(route: RouteSpec, asker: Asker) {
  const token = tokens.get(asker)
  const counts = reached.get(route)
  if (counts === undefined) throw new Error('the route is not served')
  Object.assign(counts, { handled: 0, logged: 0, actsForAnybody: undefined })
  const response = await fetch(url + route.path.replaceAll(/\{\w+\}/g, '1'), {
    method: route.method.toUpperCase(),
    headers: token === undefined ? {} : { Authorization: `Bearer ${token}` },
  })
  const { error } = JSON.parse(await response.text())
  return { status: response.status, error, ...counts }
}

const named = (some: readonly RouteSpec[]) =>
  some.map((route) => [`${route.method.toUpperCase()} ${route.path}`, route] as const)

describe('a route of the staff lets in who has one of its roles, and refuses everybody else before anything is done:', () => {
  const ofStaff = routes.filter(({ auth }) => auth === 'admin')

  test.each(named(ofStaff))('%s', async (_name, route) => {
    const allowed = rolesOf(route)
    for (const asker of ASKERS) {
      const answer = await ask(route, asker)
      if (allowed.some((role) => role === asker)) {
        expect([asker, answer]).toMatchObject([asker, { status: 200, handled: 1, actsForAnybody: true }])
        continue
      }
      expect([asker, answer]).toMatchObject([asker, { handled: 0, logged: 0 }])
      if (asker === 'nobody')
        expect(answer).toMatchObject({ status: 401, error: { code: 'UNAUTHENTICATED' } })
      else {
        expect(answer).toMatchObject({
          status: 403,
          error: { code: 'FORBIDDEN', details: { roles: allowed } },
        })
        for (const role of allowed) expect(answer.error.message).toContain(role)
      }
    }
  })
})

describe('a route of everybody who is signed in lets only the roles that it names act for others:', () => {
  const ofUsers = routes.filter(({ auth }) => auth === 'user')

  test.each(named(ofUsers))('%s', async (_name, route) => {
    expect(await ask(route, 'nobody')).toMatchObject({ status: 401, handled: 0, logged: 0 })
    for (const asker of ASKERS.filter((one) => one !== 'nobody')) {
      const actsForAnybody = rolesOf(route).some((role) => role === asker)
      expect([asker, await ask(route, asker)]).toMatchObject([asker, { status: 200, actsForAnybody }])
    }
  })
})

test('what each role may call is what somebody has thought of, and a new route is of admins alone', () => {
  const allowedTo = (role: Role) =>
    routes
      .filter((route) => route.roles?.some((one) => one === role) === true)
      .map(({ operationId }) => operationId)
      .toSorted()
  expect(allowedTo('door')).toEqual([
    'checkInTicket',
    'getAdminSchedule',
    'getCheckIns',
    'getOwnRoles',
    'listAllSchedules',
  ])
  expect(allowedTo('finance')).toEqual([
    'adjustWallet',
    'audit',
    'cancelReservation',
    'getAdminSchedule',
    'getBalance',
    'getCharge',
    'getMoney',
    'getOwnRoles',
    'getPayment',
    'getReservation',
    'getSales',
    'listAdminActions',
    'listAllSchedules',
    'listBalanceHistory',
  ])
  expect(allowedTo('operator')).toEqual([
    'addSection',
    'changeConcert',
    'changeSchedule',
    'changeSeats',
    'changeVenue',
    'createConcert',
    'createSchedule',
    'createVenue',
    'getAdminConcert',
    'getAdminSchedule',
    'getCheckIns',
    'getOwnRoles',
    'getSales',
    'getVenue',
    'getWaitingRoom',
    'listAdminConcerts',
    'listAdminSchedules',
    'listAllSchedules',
    'listVenues',
    'showAdminSeatStates',
    'showAdminSeats',
    'steerWaitingRoom',
  ])
  const paths = routes.filter(({ path }) => path.startsWith('/api/v1/admin/'))
  expect(new Set(paths.map(({ auth }) => auth))).toEqual(new Set(['admin']))
  expect(
    routes.filter(({ auth }) => auth === 'admin').every(({ path }) => path.startsWith('/api/v1/admin/')),
  ).toBe(true)
})
