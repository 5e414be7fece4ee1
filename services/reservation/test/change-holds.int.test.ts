import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { startRunningService } from './running-service.ts'
import type { RunningService } from './running-service.ts'

let running: RunningService

beforeAll(async () => {
  // The sweeper hardly ever runs, because these tests show that nothing depends on it.
  running = await startRunningService({ env: { SWEEP_EVERY_MS: '60000', RELEASES_MAX: '18' } })
})
afterAll(() => running.stop())

describe('POST /reservations/{id}/refresh', () => {
  test('finds a hold whose id is written in capitals', async () => {
    const held = await running.hold('499', { scheduleId: 2, seatIds: [2399] })
    expect(held.status).toBe(201)
    const path = `/reservations/${held.data.reservationId.toUpperCase()}/refresh`
    expect((await running.call('499', 'POST', path)).status).toBe(200)
  })

  test('extends by the full length, twice, and tells the place that made the hold of it', async () => {
    const { sequence } = running.neighbours
    const held = await running.hold('401', { scheduleId: 2, seatIds: [2301] })
    const path = `/reservations/${held.data.reservationId}/refresh`
    const first = await running.call('401', 'POST', path)
    expect(first).toMatchObject({ status: 200, data: { status: 'HOLD', refreshesLeft: 1 } })
    const fullLength = Date.parse(held.data.expiresAt) - Date.parse(held.data.reservedAt)
    expect(Date.parse(first.data.expiresAt) - Date.parse(held.data.expiresAt)).toBe(fullLength)
    const { expiresAt } = first.data
    const payload = expect.objectContaining({
      scheduleId: 2,
      userId: '401',
      expiresAt,
      queuePlace: { sequence },
    })
    expect((await running.told(held.data.reservationId)).at(-1)).toEqual({
      type: 'ReservationRefreshed',
      payload,
    })
    // With the token of a newer place: the hold stays one of the place that made it.
    running.neighbours.sequence = sequence + 100
    try {
      expect((await running.call('401', 'POST', path)).status).toBe(200)
    } finally {
      running.neighbours.sequence = sequence
    }
    expect((await running.told(held.data.reservationId)).at(-1)?.payload['queuePlace']).toEqual({ sequence })
    expect(await running.call('401', 'POST', path)).toMatchObject({
      status: 422,
      code: 'REFRESH_LIMIT_EXCEEDED',
    })
  })

  test('with the key of before uses up no other extension, also once its queue token is good for nothing', async () => {
    const held = await running.hold('405', { scheduleId: 2, seatIds: [2305] })
    const path = `/reservations/${held.data.reservationId}/refresh`
    const refresh = (key: string) =>
      running.call('405', 'POST', path, { headers: { 'idempotency-key': key } })
    const [first, beside] = await Promise.all([refresh('once'), refresh('once')])
    expect([first.status, first.data]).toEqual([200, beside.data])
    running.neighbours.refusedTokens.set(running.queueToken, 'QUEUE_TOKEN_INVALID')
    try {
      const again = await refresh('once')
      expect([again.status, again.data, again.headers.get('idempotency-replayed')]).toEqual([
        200,
        first.data,
        'true',
      ])
      expect((await refresh('twice')).code).toBe('QUEUE_TOKEN_INVALID')
    } finally {
      running.neighbours.refusedTokens.delete(running.queueToken)
    }
    expect((await refresh('twice')).data.refreshesLeft).toBe(0)
    expect((await refresh('thrice')).code).toBe('REFRESH_LIMIT_EXCEEDED')
  })

  test('takes the cookie of the schedule that the hold is of', async () => {
    const held = await running.hold('404', { scheduleId: 2, seatIds: [2304] })
    const latest = '0190aaaa-0000-7000-8000-000000000200'
    running.neighbours.refusedTokens.set(latest, 'QUEUE_TOKEN_INVALID')
    const refresh = (cookie: string) =>
      running.call('404', 'POST', `/reservations/${held.data.reservationId}/refresh`, {
        headers: { 'queue-token': '', cookie },
      })
    expect((await refresh(`tokenId=${latest}; tokenId_1=${running.queueToken}`)).code).toBe(
      'QUEUE_TOKEN_INVALID',
    )
    expect((await refresh(`tokenId=${latest}; tokenId_2=${running.queueToken}`)).status).toBe(200)
    expect((await refresh('')).code).toBe('QUEUE_TOKEN_REQUIRED')
  })

  test('a hold that ran out, was cancelled or is somebody else’s is not extended', async () => {
    const held = await running.hold('402', { scheduleId: 2, seatIds: [2302] })
    const path = `/reservations/${held.data.reservationId}`
    expect((await running.call('403', 'POST', `${path}/refresh`)).code).toBe('RESERVATION_NOT_FOUND')
    await running.lapse(held.data.reservationId)
    expect((await running.call('402', 'POST', `${path}/refresh`)).code).toBe('RESERVATION_EXPIRED')
    const other = await running.hold('402', { scheduleId: 2, seatIds: [2303] })
    await running.call('402', 'POST', `/reservations/${other.data.reservationId}/cancel`)
    const refused = await running.call('402', 'POST', `/reservations/${other.data.reservationId}/refresh`)
    expect(refused.code).toBe('RESERVATION_NOT_REFRESHABLE')
  })
})

describe('POST /reservations/{id}/cancel', () => {
  test('frees the seats of a hold at once and answers the same each time', async () => {
    const held = await running.hold('501', { scheduleId: 2, seatIds: [2401, 2402] })
    const { reservationId } = held.data
    const path = `/reservations/${reservationId}/cancel`
    const answers = [await running.call('501', 'POST', path), await running.call('501', 'POST', path)]
    for (const { status, data } of answers) {
      expect(status).toBe(200)
      expect(data).toEqual({ reservationId, status: 'CANCELLED', refund: null })
    }
    expect((await running.hold('502', { scheduleId: 2, seatIds: [2401, 2402] })).status).toBe(201)
    const { rows } = await running.db.query(
      `SELECT payload FROM outbox WHERE message_key = $1 AND type = 'ReservationCancelled'`,
      [reservationId],
    )
    expect(rows).toHaveLength(1)
    expect(rows[0]?.payload).toMatchObject({
      seatIds: [2401, 2402],
      paymentId: null,
      reason: 'USER_CANCELLED',
    })
  })

  test('is told before and after it how much more can be given back; then seats are 429 with Retry-After until the time that it names', async () => {
    for (const releasesLeft of [12, 6, 0]) {
      const held = await running.hold('505', { scheduleId: 2, seatIds: [2411, 2412, 2413, 2414, 2415, 2416] })
      const path = `/reservations/${held.data.reservationId}`
      const before = await running.call('505', 'GET', path)
      expect((await running.call('505', 'POST', `${path}/cancel`)).status).toBe(200)
      const { onceReleased } = (await running.call('505', 'GET', path)).data
      const { holdAgainAt } = onceReleased
      expect(onceReleased.releasesLeft).toBe(releasesLeft)
      expect(holdAgainAt === null).toBe(releasesLeft > 0)
      expect(before.data.onceReleased).toEqual(onceReleased)
      if (holdAgainAt === null) continue
      const refused = await running.hold('505', { scheduleId: 2, quantity: 1 })
      const details = { limit: 18, holdAgainAt }
      expect(refused).toMatchObject({ status: 429, code: 'RELEASE_LIMIT_EXCEEDED', details })
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(3_000)
      expect((await running.hold('506', { scheduleId: 2, seatIds: [2411] })).status).toBe(201)
    }
  })

  test('a hold that ran out can not be cancelled, nor somebody else’s', async () => {
    const held = await running.hold('503', { scheduleId: 2, seatIds: [2403] })
    const path = `/reservations/${held.data.reservationId}/cancel`
    expect((await running.call('504', 'POST', path)).code).toBe('RESERVATION_NOT_FOUND')
    await running.lapse(held.data.reservationId)
    expect(await running.call('503', 'POST', path)).toMatchObject({
      status: 409,
      code: 'RESERVATION_NOT_CANCELLABLE',
    })
  })
})
