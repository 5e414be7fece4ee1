import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { createClient } from '@frontrow/postgres/pool'
import { rolesOf } from '@frontrow/service-host/route-roles'
import { ROLES } from '@frontrow/values/roles'
import { routes } from '../../scripts/api-document.ts'
import { serviceNames } from '../../scripts/services.ts'
import { testGeneratedRequests } from './api-generated.ts'
import { testEveryRoute } from './api-routes.ts'
import { ask, enter, openOnSale, startOnSaleNetwork } from './on-sale-network.ts'
import type { Answer, OnSaleNetwork } from './on-sale-network.ts'

let network: OnSaleNetwork

beforeAll(async () => {
  // One person asks for what a crowd would.
  network = await startOnSaleNetwork({
    PERSON_POLLS_PER_MINUTE: '1000000',
    PERSON_JOINS_PER_MINUTE: '1000000',
    PERSON_HOLDS_PER_MINUTE: '1000000',
    PERSON_PAYMENTS_PER_MINUTE: '1000000',
    PERSON_ADMIN_PER_MINUTE: '1000000',
  })
})

afterAll(() => network?.stop())

interface Logged {
  actionId: string
  service: string
  adminId: string
  role: string
  operation: string
  method: string
  path: string
  body: unknown
  requestId: string
  outcome: string | null
  status: number | null
  beganAt: string
  endedAt: string | null
}

const list = (query: string): Promise<Answer> =>
  network.call('GET', `/api/v1/admin/actions?${query}`, { as: 'reader', admin: true })

async function itemsOf(query: string): Promise<Logged[]> {
  const answer = await list(query)
  expect(answer.status).toBe(200)
  return answer.data.items
}

/** Asks as an admin whose name no other test has; returns what to look for and what was answered. */
function asAdmin(): {
  adminId: string
  write: (method: string, path: string, body?: object, key?: string) => Promise<Answer>
} {
  const adminId = `admin-${randomUUID()}`
  return {
    adminId,
    write: (method, path, body, key) =>
      network.call(method, `/api/v1${path}`, {
        as: adminId,
        admin: true,
        ...(body === undefined ? {} : { body }),
        ...(key === undefined ? {} : { key }),
      }),
  }
}

test('every write of an admin is in the log, of whichever service: who, what, when, which request, and how it ended', async () => {
  const { concertId, scheduleId } = await openOnSale(network, 20)
  const fan = await enter(network, 'fan', scheduleId, 50_000)
  const held = await ask(network, 'POST', '/api/v1/reservations', {
    as: 'fan',
    queueToken: fan,
    body: { scheduleId, seatIds: [1] },
  })
  const bought = await ask(network, 'POST', '/api/v1/reservations', {
    as: 'fan',
    queueToken: fan,
    body: { scheduleId, seatIds: [2] },
  })
  const { adminId, write } = asAdmin()
  const payment = { reservationId: bought.data.reservationId, userId: 'fan', paymentMethod: 'BALANCE' }
  const schedule = `/admin/schedules/${scheduleId}`
  const venue = { name: 'Small Hall', timeZone: 'Asia/Seoul' }
  const title = { title: 'Second Night' }
  const section = { section: 'B', grade: 'S', price: 1, rows: 1, seatsPerRow: 5 }
  const correction = { amount: 700, reason: 'forgotten' }
  const unknown = randomUUID()
  const writes: [string, string, string, object | undefined, string, number][] = [
    ['pay', 'POST', '/payments', payment, 'DONE', 201],
    ['pay', 'POST', '/payments', payment, 'REPLAYED', 201],
    ['createVenue', 'POST', '/admin/venues', venue, 'DONE', 201],
    ['createConcert', 'POST', '/admin/concerts', title, 'DONE', 201],
    ['changeConcert', 'PATCH', `/admin/concerts/${concertId}`, title, 'DONE', 200],
    ['changeSchedule', 'PATCH', schedule, { status: 'CLOSED' }, 'DONE', 200],
    ['addSection', 'POST', `${schedule}/sections`, section, 'DONE', 201],
    ['changeSeats', 'PATCH', `${schedule}/seats`, { seatIds: [9], status: 'BLOCKED' }, 'DONE', 200],
    ['changeSeats', 'PATCH', `${schedule}/seats`, { seatIds: [1], status: 'BLOCKED' }, 'SEAT_TAKEN', 409],
    ['steerWaitingRoom', 'PATCH', `/admin/queues/${scheduleId}`, { paused: true }, 'DONE', 200],
    [
      'retryDeadLetter',
      'POST',
      `/admin/dead-letters/${unknown}/retry`,
      undefined,
      'DEAD_LETTER_NOT_FOUND',
      404,
    ],
    ['cancelReservation', 'POST', `/reservations/${held.data.reservationId}/cancel`, undefined, 'DONE', 200],
    ['adjustWallet', 'POST', '/admin/wallets/fan/adjustments', correction, 'DONE', 201],
    ['adjustWallet', 'POST', '/admin/wallets/fan/adjustments', correction, 'REPLAYED', 201],
    ['usePoints', 'POST', '/users/fan/point/use', { amount: 100 }, 'DONE', 200],
  ]
  const requestIds: (string | null)[] = []
  for (const [, method, path, body, , status] of writes) {
    const answer = await write(method, path, body, /wallets|payments/.test(path) ? 'once' : randomUUID())
    expect([path, answer.status]).toEqual([path, status])
    requestIds.push(answer.headers.get('x-request-id'))
  }
  const logged = (await itemsOf(`adminId=${adminId}&limit=50`)).toReversed()
  expect(
    logged.map(({ operation, method, path, body, outcome, status }) => [
      operation,
      method,
      path,
      body,
      outcome,
      status,
    ]),
  ).toEqual(
    writes.map(([operation, method, path, body, outcome, status]) => [
      operation,
      method,
      `/api/v1${path}`,
      body ?? null,
      outcome,
      status,
    ]),
  )
  expect(logged.map(({ requestId }) => requestId)).toEqual(requestIds)
  expect(new Set(logged.map(({ service }) => service))).toEqual(
    new Set(['queue', 'catalog', 'reservation', 'payment', 'wallet']),
  )
  for (const { beganAt, endedAt, adminId: who, role } of logged) {
    expect([who, role]).toEqual([adminId, 'admin'])
    expect(Date.parse(endedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(beganAt))
    expect(Math.abs(Date.now() - Date.parse(beganAt))).toBeLessThan(60_000)
  }
})

test('writes of admins are DONE by their own transactions, not by what follows them', async () => {
  const { concertId, scheduleId } = await openOnSale(network, 20)
  const queueToken = await enter(network, 'other-fan', scheduleId)
  const held = await ask(network, 'POST', '/api/v1/reservations', {
    as: 'other-fan',
    queueToken,
    body: { scheduleId, seatIds: [3] },
  })
  const { adminId, write } = asAdmin()
  const writes: [string, string, object | undefined][] = [
    ['POST', '/admin/venues', { name: 'Hall' }],
    ['PATCH', `/admin/concerts/${concertId}`, { title: 'Another Night' }],
    ['PATCH', `/admin/queues/${scheduleId}`, { paused: true }],
    ['POST', `/reservations/${held.data.reservationId}/cancel`, undefined],
    ['POST', `/admin/dead-letters/${await parkMessage()}/retry`, undefined],
    ['POST', '/admin/wallets/other-fan/adjustments', { amount: 5, reason: 'forgotten' }],
  ]
  // What the host writes after the answer has the status, and fails as a whole.
  await asOwner('REVOKE UPDATE (status) ON %s.admin_actions FROM %s')
  try {
    for (const [method, path, body] of writes) {
      expect([path, (await write(method, path, body, randomUUID())).status]).toEqual([
        path,
        path.includes('venues') || path.includes('wallets') ? 201 : 200,
      ])
    }
  } finally {
    await asOwner('GRANT UPDATE (status) ON %s.admin_actions TO %s')
  }
  const logged = await itemsOf(`adminId=${adminId}`)
  expect(logged.map(({ path, outcome, status }) => [path, outcome, status]).toReversed()).toEqual(
    writes.map(([, path]) => [`/api/v1${path}`, 'DONE', null]),
  )
})

/** Runs a statement for each service's schema and role, which have one name. */
async function asOwner(statement: string): Promise<void> {
  const owner = createClient(network.environment.adminDatabaseUrl, 'admin-actions-test')
  await owner.connect()
  for (const name of serviceNames) await owner.query(statement.replaceAll('%s', name))
  await owner.end()
}

/** Puts a message among the parked ones, of a type that nobody takes; returns its id. */
async function parkMessage(): Promise<string> {
  const owner = createClient(network.environment.adminDatabaseUrl, 'admin-actions-test')
  await owner.connect()
  const deadLetterId = randomUUID()
  await owner.query(
    `INSERT INTO payment.dead_letters (dead_letter_id, topic, consumer, dead_letter_partition, dead_letter_offset, message_key, value, headers, error, attempts)
     VALUES ($1, 'frontrow.payment.events', 'nobody', 0, 0, 'key', '{}', $2, 'parked by a test', 1)`,
    [
      deadLetterId,
      JSON.stringify({ ce_id: randomUUID(), ce_type: 'Unheard', ce_time: new Date().toISOString() }),
    ],
  )
  await owner.end()
  return deadLetterId
}

test('the secrets of a body are not in the log', async () => {
  const { scheduleId } = await openOnSale(network, 20)
  const { adminId, write } = asAdmin()
  const body = { reservationId: randomUUID(), paymentMethod: 'CARD', card: { token: 'tok_very_secret' } }
  expect((await write('POST', '/payments', body, randomUUID())).status).toBe(404)
  const logged = await itemsOf(`adminId=${adminId}`)
  expect(logged).toMatchObject([
    { operation: 'pay', outcome: 'RESERVATION_NOT_FOUND', body: { ...body, card: '[hidden]' } },
  ])
  expect(scheduleId).toBeGreaterThan(0)
})

test('reads, input that breaks a rule and callers who are no admins are not in the log', async () => {
  const { adminId, write } = asAdmin()
  expect((await write('GET', '/admin/venues')).status).toBe(200)
  expect((await write('POST', '/admin/venues', { name: '' })).status).toBe(400)
  const refused = await network.call('POST', '/api/v1/admin/venues', { as: adminId, body: { name: 'Hall' } })
  expect(refused.status).toBe(403)
  expect(await itemsOf(`adminId=${adminId}`)).toEqual([])
})

test('the log goes on page by page, of one service or of one path, and nobody else may read it', async () => {
  const { adminId, write } = asAdmin()
  for (const user of ['p1', 'p2', 'p1', 'p3', 'p1']) {
    await write('POST', `/admin/wallets/${user}/adjustments`, { amount: 5, reason: user }, randomUUID())
    await write('POST', '/admin/venues', { name: user })
  }
  const seen: string[] = []
  let cursor = ''
  do {
    const page = await list(`adminId=${adminId}&limit=3${cursor}`)
    seen.push(...page.data.items.map(({ actionId }: Logged) => actionId))
    cursor = page.data.nextCursor === null ? '' : `&cursor=${page.data.nextCursor}`
  } while (cursor !== '')
  expect(seen).toHaveLength(10)
  expect(seen).toEqual([...new Set(seen)].toSorted().toReversed())
  const servicesOf = async (query: string) =>
    (await itemsOf(`adminId=${adminId}&${query}`)).map(({ service }) => service)
  expect(await servicesOf('service=catalog')).toEqual(Array(5).fill('catalog'))
  expect(await servicesOf('path=/api/v1/admin/wallets/p1')).toEqual(Array(3).fill('wallet'))
  expect(await servicesOf('path=/api/v1/admin/wallets/p')).toEqual([])
  for (const wrong of ['service=notary', 'limit=51', 'limit=0', 'cursor=x', 'path=venues', 'adminId=']) {
    expect([wrong, (await list(wrong)).status]).toEqual([wrong, 400])
  }
  expect((await network.call('GET', '/api/v1/admin/actions', { as: adminId })).status).toBe(403)
})

test('finance gives money back and corrects wallets, may not run the on-sale, and is in the log as finance', async () => {
  const { scheduleId } = await openOnSale(network, 20)
  const queueToken = await enter(network, 'refunded-fan', scheduleId, 50_000)
  const body = { scheduleId, seatIds: [4] }
  const held = await ask(network, 'POST', '/api/v1/reservations', { as: 'refunded-fan', queueToken, body })
  const { reservationId } = held.data
  const payment = { reservationId, paymentMethod: 'BALANCE' }
  const paid = await ask(network, 'POST', '/api/v1/payments', { as: 'refunded-fan', body: payment })
  expect([paid.status, paid.data.status]).toEqual([201, 'APPROVED'])
  const as = `finance-${randomUUID()}`
  const claims = { roles: ['finance'] }
  const asFinance = async (method: string, path: string, sent?: object): Promise<number> =>
    (
      await ask(network, method, `/api/v1${path}`, {
        as,
        claims,
        ...(sent === undefined ? {} : { body: sent }),
      })
    ).status
  expect(await asFinance('GET', `/reservations/${reservationId}`)).toBe(200)
  expect(await asFinance('GET', '/users/refunded-fan/balance')).toBe(200)
  expect(await asFinance('POST', `/reservations/${reservationId}/cancel`)).toBe(200)
  const correction = { amount: 5, reason: 'forgotten' }
  expect(await asFinance('POST', '/admin/wallets/refunded-fan/adjustments', correction)).toBe(201)
  expect(await asFinance('POST', '/users/refunded-fan/point/use', { amount: 1 })).toBe(403)
  expect(await asFinance('POST', '/reservations', { ...body, userId: 'refunded-fan' })).toBe(403)
  expect(await asFinance('PATCH', `/admin/schedules/${scheduleId}`, { status: 'CANCELLED' })).toBe(403)
  const door = { as, claims: { roles: ['door'] } }
  expect((await network.call('GET', `/api/v1/reservations/${reservationId}`, door)).status).toBe(404)
  const logged = await itemsOf(`adminId=${as}`)
  expect(logged.map(({ operation, role, outcome }) => [operation, role, outcome])).toEqual([
    ['adjustWallet', 'finance', 'DONE'],
    ['cancelReservation', 'finance', 'DONE'],
  ])
})

test('at the gateway every route of the staff refuses everybody without its role, and nobody else, and logs only who may write', async () => {
  const as = `wrong-${randomUUID()}`
  const askers = [undefined, ...ROLES, 'fan'] as const
  await Promise.all(
    askers.map(async (role) => {
      for (const route of routes.filter(({ auth }) => auth === 'admin')) {
        const path = route.path.replaceAll(/\{\w+\}/g, '999999999')
        const call = role === undefined ? {} : { as, claims: { roles: [role] } }
        const answer = await network.call(route.method.toUpperCase(), path, call)
        const allowed = rolesOf(route)
        const asked = `${role ?? 'nobody'} ${route.operationId} ${answer.status}`
        if (role === undefined) expect(asked).toBe(`nobody ${route.operationId} 401`)
        else if (allowed.some((one) => one === role)) expect(asked).not.toMatch(/40[13]$/)
        else {
          expect(asked).toBe(`${role} ${route.operationId} 403`)
          expect(answer.error).toMatchObject({ code: 'FORBIDDEN', details: { roles: allowed } })
        }
      }
    }),
  )
  const logged = await itemsOf(`adminId=${as}&limit=50`)
  for (const { operation, role } of logged) {
    const route = routes.find(({ operationId }) => operationId === operation)
    expect(route === undefined ? [] : rolesOf(route)).toContain(role)
  }
})

describe('the API', () => testEveryRoute(() => network))

test('while a service is away the whole log is refused and the others are read by themselves', async () => {
  await network.kill('wallet')
  try {
    expect((await list('')).status).toBe(503)
    expect((await list('service=wallet')).status).toBe(503)
    expect((await list('service=queue')).status).toBe(200)
  } finally {
    await network.restart('wallet')
  }
})

// They change whatever an admin may change, so they come last.
testGeneratedRequests(() => network)
