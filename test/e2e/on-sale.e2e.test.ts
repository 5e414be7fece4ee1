import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { eventually } from '@frontrow/test-kit/eventually'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { ask, auditHolds, enter, openOnSale, startOnSaleNetwork } from './on-sale-network.ts'
import type { Answer, OnSaleNetwork } from './on-sale-network.ts'

let network: OnSaleNetwork

beforeAll(async () => {
  network = await startOnSaleNetwork({ SAGA_REPLY_WAIT_MS: '2000' })
})

afterAll(async () => {
  await network?.stop()
})

const balanceOf = async (userId: string): Promise<number> => {
  const answer = await ask(network, 'GET', `/api/v1/users/${userId}/balance`, { as: userId })
  return answer.data.currentBalance
}

const hold = (userId: string, queueToken: string, scheduleId: number, seatIds: number[]): Promise<Answer> =>
  ask(network, 'POST', '/api/v1/reservations', { as: userId, queueToken, body: { scheduleId, seatIds } })

const pay = (userId: string, queueToken: string, reservationId: string, more: object = {}): Promise<Answer> =>
  ask(network, 'POST', '/api/v1/payments', {
    as: userId,
    queueToken,
    body: { reservationId, paymentMethod: 'BALANCE', ...more },
  })

async function settledPayment(userId: string, paymentId: string): Promise<Answer['data']> {
  return eventually(
    async () => {
      const answer = await network.call('GET', `/api/v1/payments/${paymentId}`, { as: userId })
      expect(['APPROVED', 'FAILED', 'REFUNDED']).toContain(answer.data?.status)
      return answer.data
    },
    { everyMs: 100 },
  )
}

/** Shows the first ticket of a reservation at two doors. */
async function comeIn(userId: string, reservationId: string, scheduleId: number): Promise<void> {
  const { data } = await network.call('GET', `/api/v1/reservations/${reservationId}/ticket`, { as: userId })
  expect(data).toMatchObject({ scheduleId, schedule: { concertTitle: 'Night', venueName: 'Hall' } })
  const [{ code }] = data.tickets
  const keys = createRemoteJWKSet(new URL(`${network.url}/api/v1/tickets/keys`))
  expect((await jwtVerify(code, keys)).payload).toMatchObject({
    res: data.reservationNumber,
    sch: scheduleId,
  })
  const atDoor = (door: string): Promise<Answer> =>
    network.call('POST', '/api/v1/admin/tickets/check-in', {
      as: door,
      admin: true,
      key: randomUUID(),
      body: { code, scheduleId },
    })
  expect((await atDoor('door-1')).data).toMatchObject({ reservationId, checkedInBy: 'door-1' })
  expect((await atDoor('door-2')).error).toMatchObject({
    code: 'TICKET_USED',
    details: { checkedInBy: 'door-1' },
  })
  const house = `/api/v1/admin/schedules/${scheduleId}/check-ins`
  const counts = await network.call('GET', house, { as: 'admin', admin: true })
  expect(counts.data).toMatchObject({ tickets: data.tickets.length, admitted: 1 })
}

describe('a fan buys a seat', () => {
  test('joins, is admitted, sees the seats, holds two, pays, is CONFIRMED, comes in once, and the place in the room is used', async () => {
    const { concertId, scheduleId } = await openOnSale(network, 50)
    const token = await enter(network, '101', scheduleId, 200_000)
    const map = await network.call('GET', `/api/v1/concerts/${concertId}/schedules/${scheduleId}/seats`, {
      as: '101',
      queueToken: token,
    })
    expect(map.data.seats).toHaveLength(50)
    expect(map.data.seats[0]).toMatchObject({ seatId: 1, seatNumber: 1, price: 50_000, status: 'AVAILABLE' })
    const held = await hold('101', token, scheduleId, [1, 2])
    expect(held.status).toBe(201)
    expect(held.data).toMatchObject({ status: 'HOLD', totalAmount: 100_000, userId: '101', scheduleId })
    const paid = await pay('101', token, held.data.reservationId)
    expect(paid.status).toBe(201)
    expect(paid.data).toMatchObject({
      status: 'APPROVED',
      amount: 100_000,
      reservation: { status: 'CONFIRMED' },
    })
    const mine = await network.call('GET', `/api/v1/reservations/${held.data.reservationId}`, { as: '101' })
    expect(mine.data.status).toBe('CONFIRMED')
    expect(await balanceOf('101')).toBe(100_000)
    await comeIn('101', held.data.reservationId, scheduleId)
    await eventually(async () => {
      const me = await network.call('GET', '/api/v1/queue/tokens/me', { as: '101', queueToken: token })
      expect(me.error?.code).toBe('QUEUE_TOKEN_INVALID')
      const list = await network.call('GET', `/api/v1/concerts/${concertId}/schedules`)
      expect(list.data).toHaveLength(1)
      expect(list.data[0]).toMatchObject({ scheduleId, availableSeats: 48 })
    })
    await auditHolds(network)
  })

  test('who would rather not wait for an answer holds and pays by jobs, and is told how they ended', async () => {
    const { scheduleId } = await openOnSale(network, 10)
    const token = await enter(network, '108', scheduleId, 100_000)
    const prefer = { as: '108', queueToken: token, headers: { prefer: 'respond-async' } }
    const ended = async (accepted: Answer): Promise<Answer['data']> => {
      expect(accepted.status).toBe(202)
      const { statusEndpoint } = accepted.data
      expect(accepted.headers.get('location')).toBe(statusEndpoint)
      const { data } = await network.call('GET', `${statusEndpoint}?wait=20`, { as: '108' })
      expect(data.status).toBe('completed')
      return data.result
    }
    const held = await ended(
      await network.call('POST', '/api/v1/reservations', { ...prefer, body: { scheduleId, quantity: 2 } }),
    )
    const { reservationId } = held
    const body = { reservationId, paymentMethod: 'BALANCE' }
    const paid = await ended(
      await network.call('POST', '/api/v1/payments', { ...prefer, key: randomUUID(), body }),
    )
    expect(paid).toMatchObject({ reservationId, amount: 100_000, status: 'APPROVED' })
    const mine = await network.call('GET', `/api/v1/reservations/${reservationId}`, { as: '108' })
    expect(mine.data.status).toBe('CONFIRMED')
    await auditHolds(network)
  })

  test('a cancelled reservation frees its seats at once and its money comes back, once', async () => {
    const { scheduleId } = await openOnSale(network, 10)
    const token = await enter(network, '102', scheduleId, 100_000)
    const held = await hold('102', token, scheduleId, [5])
    const paid = await pay('102', token, held.data.reservationId)
    expect(paid.status).toBe(201)
    const cancel = () =>
      network.call('POST', `/api/v1/reservations/${held.data.reservationId}/cancel`, { as: '102' })
    const cancelled = await cancel()
    expect([cancelled.status, cancelled.data.status]).toEqual([200, 'CANCELLED'])
    expect(cancelled.data.refund.paymentId).toBe(paid.data.paymentId)
    const other = await enter(network, '103', scheduleId)
    expect((await hold('103', other, scheduleId, [5])).status).toBe(201)
    expect((await cancel()).data.status).toBe('CANCELLED')
    expect((await settledPayment('102', paid.data.paymentId)).status).not.toBe('FAILED')
    await eventually(async () => expect(await balanceOf('102')).toBe(100_000))
    await eventually(async () =>
      expect((await cancel()).data.refund).toEqual({ paymentId: paid.data.paymentId, status: 'REFUNDED' }),
    )
    await auditHolds(network)
  })

  test('somebody without the money is told so and keeps the hold; with the money the same hold is paid', async () => {
    const { scheduleId } = await openOnSale(network, 10)
    const token = await enter(network, '104', scheduleId, 10_000)
    const held = await hold('104', token, scheduleId, [1])
    const broke = await pay('104', token, held.data.reservationId)
    expect([broke.status, broke.error?.code]).toEqual([402, 'INSUFFICIENT_BALANCE'])
    await network.call('POST', '/api/v1/users/104/balance/charge', {
      as: '104',
      key: randomUUID(),
      body: { amount: 40_000 },
    })
    expect((await pay('104', token, held.data.reservationId)).status).toBe(201)
    expect(await balanceOf('104')).toBe(0)
    await auditHolds(network)
  })

  test('a cancelled schedule refunds everybody who paid', async () => {
    const { scheduleId } = await openOnSale(network, 10)
    const tokens = await Promise.all(['111', '112'].map((user) => enter(network, user, scheduleId, 50_000)))
    for (const [index, user] of ['111', '112'].entries()) {
      const held = await hold(user, tokens[index] ?? '', scheduleId, [index + 1])
      expect((await pay(user, tokens[index] ?? '', held.data.reservationId)).status).toBe(201)
    }
    const patched = await network.call('PATCH', `/api/v1/admin/schedules/${scheduleId}`, {
      as: 'admin',
      admin: true,
      body: { status: 'CANCELLED' },
    })
    expect(patched.status).toBe(200)
    await eventually(async () => {
      expect(await balanceOf('111')).toBe(50_000)
      expect(await balanceOf('112')).toBe(50_000)
    })
    // The waiting room asks the catalog every other second.
    await eventually(async () => {
      const join = await network.call('POST', '/api/v1/queue/tokens', {
        as: randomUUID(),
        body: { scheduleId },
      })
      expect([join.status, join.error?.code]).toEqual([409, 'BOOKING_NOT_OPEN'])
    })
    await auditHolds(network)
  })
})

describe('many at once', () => {
  test('twenty fans want the same seat: one gets it, nineteen are told who is taken, and the audit holds', async () => {
    const { scheduleId } = await openOnSale(network, 10)
    const fans = Array.from({ length: 20 }, (_, index) => String(1_000 + index))
    const tokens = await Promise.all(fans.map((fan) => enter(network, fan, scheduleId, 50_000)))
    const holds = await Promise.all(fans.map((fan, index) => hold(fan, tokens[index] ?? '', scheduleId, [7])))
    expect(holds.filter((one) => one.status === 201)).toHaveLength(1)
    for (const lost of holds.filter((one) => one.status !== 201)) {
      expect(lost.error).toMatchObject({ code: 'SEAT_TAKEN', details: { seatIds: [7] } })
    }
    await auditHolds(network)
  })

  test('the payment service is killed in the middle of purchases: afterwards each is whole or given back', async () => {
    const { scheduleId } = await openOnSale(network, 24)
    const fans = Array.from({ length: 24 }, (_, index) => String(2_000 + index))
    const tokens = await Promise.all(fans.map((fan) => enter(network, fan, scheduleId, 50_000)))
    const holds = await Promise.all(
      fans.map((fan, index) => hold(fan, tokens[index] ?? '', scheduleId, [index + 1])),
    )
    const keys = fans.map(() => randomUUID())
    const payAll = () =>
      Promise.all(
        fans.map((fan, index) =>
          network.call('POST', '/api/v1/payments', {
            as: fan,
            queueToken: tokens[index] ?? '',
            key: keys[index] ?? '',
            body: { reservationId: holds[index]?.data.reservationId, paymentMethod: 'BALANCE' },
          }),
        ),
      )
    const first = payAll()
    await eventually(
      async () => {
        const { data } = await network.call('GET', '/api/v1/admin/audit', { as: 'admin', admin: true })
        expect(data.sagas.TAKING_MONEY ?? data.sagas.CONFIRMING ?? 0).toBeGreaterThan(0)
      },
      { withinMs: 3_000, everyMs: 1 },
    ).catch(() => 'the sagas were faster than the look at them')
    await network.kill('payment')
    for (const answer of await first) expect([201, 202, 503, 504]).toContain(answer.status)
    await network.restart('payment')
    await eventually(
      async () => {
        const again = await payAll()
        for (const answer of again) expect([answer.status, answer.data?.status]).toEqual([201, 'APPROVED'])
      },
      { everyMs: 1_000 },
    )
    const report = await auditHolds(network)
    expect(report.sagas.TAKING_MONEY ?? 0).toBe(0)
    for (const fan of fans) expect(await balanceOf(fan)).toBe(0)
  })
})

describe('the gateway', () => {
  test('is ready only when all of it is, and says which part is missing', async () => {
    expect((await fetch(`${network.url}/health/ready`)).status).toBe(200)
    await network.kill('wallet')
    await eventually(async () => {
      const answer = await fetch(`${network.url}/health/ready`)
      expect(answer.status).toBe(503)
      expect(await answer.text()).toContain('wallet')
    })
    const balance = await network.call('GET', '/api/v1/users/1/balance', { as: '1' })
    expect([balance.status, balance.error?.code]).toEqual([503, 'UNAVAILABLE'])
    expect((await network.call('GET', '/api/v1/concerts')).status).toBe(200)
    await network.restart('wallet')
    await eventually(async () => expect((await fetch(`${network.url}/health/ready`)).status).toBe(200))
  })

  test('serves the API reference, and its document names every route that is there', async () => {
    const page = await fetch(`${network.url}/docs/`)
    expect(page.status).toBe(200)
    expect(await page.text()).toContain('<html')
    const document = JSON.parse(await (await fetch(`${network.url}/api/v1/openapi.json`)).text())
    expect(Object.keys(document.paths)).toEqual(
      expect.arrayContaining([
        '/api/v1/queue/tokens',
        '/api/v1/reservations',
        '/api/v1/payments',
        '/api/v1/admin/audit',
      ]),
    )
  })

  test('every refusal has the one shape, with the request id that was sent', async () => {
    const answer = await network.call('POST', '/api/v1/reservations', {
      as: '9',
      body: '{"scheduleId":',
      headers: { 'X-Request-Id': 'my-request-1', 'Content-Type': 'application/json' },
    })
    expect(answer.error).toMatchObject({ code: 'INVALID_REQUEST', requestId: 'my-request-1' })
    expect(answer.headers.get('x-request-id')).toBe('my-request-1')
    const nowhere = await network.call('GET', '/api/v1/nowhere')
    expect([nowhere.status, nowhere.error?.code]).toEqual([404, 'NOT_FOUND'])
    const nobody = await network.call('GET', '/api/v1/reservations')
    expect([nobody.status, nobody.error?.code]).toEqual([401, 'UNAUTHENTICATED'])
  })
})
