import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { eventually } from '@frontrow/test-kit/eventually'
import { ask, enter, openOnSale, startOnSaleNetwork } from './on-sale-network.ts'
import type { Answer, OnSaleNetwork } from './on-sale-network.ts'

let network: OnSaleNetwork

beforeAll(async () => {
  network = await startOnSaleNetwork()
})

afterAll(() => network?.stop())

/** Each service remembers a schedule for 2 s; the rest is for a busy machine. */
const SOON = { withinMs: 20_000, everyMs: 100 }
const HOUR_MS = 3_600_000

const change = async (scheduleId: number, body: object): Promise<Answer> => {
  const path = `/api/v1/admin/schedules/${scheduleId}`
  const changed = await network.call('PATCH', path, { as: 'admin', admin: true, body })
  expect(changed.status).toBe(200)
  return changed
}
const join = (scheduleId: number) =>
  network.call('POST', '/api/v1/queue/tokens', { as: `user-${randomUUID()}`, body: { scheduleId } })
const hold = (scheduleId: number, queueToken: string, as: string, seatId: number) =>
  ask(network, 'POST', '/api/v1/reservations', { as, queueToken, body: { scheduleId, seatIds: [seatId] } })
const codeOf = ({ status, error }: Answer) => error?.code ?? status

test('a window that was moved is seen by the waiting room and by holds within seconds', async () => {
  const { scheduleId } = await openOnSale(network, 20, { bookingInMs: HOUR_MS })
  expect(codeOf(await join(scheduleId))).toBe('BOOKING_NOT_OPEN')
  await change(scheduleId, { bookingOpenAt: new Date(Date.now() - 1_000).toISOString() })
  await eventually(async () => expect(codeOf(await join(scheduleId))).toBe(200), SOON)
  const queueToken = await enter(network, 'fan', scheduleId)
  await eventually(async () => expect(codeOf(await hold(scheduleId, queueToken, 'fan', 1))).toBe(201), SOON)
  const later = new Date(Date.now() + HOUR_MS).toISOString()
  await change(scheduleId, { bookingOpenAt: later })
  await eventually(async () => expect(codeOf(await join(scheduleId))).toBe('BOOKING_NOT_OPEN'), SOON)
  await eventually(async () => {
    const refused = await hold(scheduleId, queueToken, 'fan', 1)
    expect(codeOf(refused)).toBe('BOOKING_NOT_OPEN')
  }, SOON)
})

test('a date that was promised stays, and a section that was added can be bought', async () => {
  const { scheduleId } = await openOnSale(network, 20)
  const admin = { as: 'admin', admin: true }
  const queueToken = await enter(network, 'buyer', scheduleId)
  expect(codeOf(await hold(scheduleId, queueToken, 'buyer', 1))).toBe(201)
  expect(codeOf(await hold(scheduleId, queueToken, 'buyer', 21))).toBe('SEAT_NOT_FOUND')
  const moved = await network.call('PATCH', `/api/v1/admin/schedules/${scheduleId}`, {
    ...admin,
    body: { performanceAt: new Date(Date.now() + 900 * HOUR_MS).toISOString() },
  })
  expect(codeOf(moved)).toBe('SCHEDULE_NOT_CHANGEABLE')
  expect(moved.error?.details).toEqual({ field: 'performanceAt', movableAt: null })
  const added = await network.call('POST', `/api/v1/admin/schedules/${scheduleId}/sections`, {
    ...admin,
    body: { section: 'B', grade: 'S', price: 1_000, rows: 1, seatsPerRow: 5 },
  })
  expect(added.status).toBe(201)
  await eventually(async () => {
    const held = await hold(scheduleId, queueToken, 'buyer', 21)
    expect(held.data).toMatchObject({ seats: [{ seatId: 21, section: 'B', grade: 'S', price: 1_000 }] })
  }, SOON)
})

test('house seats are off sale everywhere until they are put back; a held one can not go', async () => {
  const { concertId, scheduleId } = await openOnSale(network, 10)
  const as = 'guest'
  const queueToken = await enter(network, as, scheduleId)
  expect(codeOf(await hold(scheduleId, queueToken, as, 1))).toBe(201)
  const patch = (seatIds: number[], status: string) =>
    network.call('PATCH', `/api/v1/admin/schedules/${scheduleId}/seats`, {
      as: 'admin',
      admin: true,
      body: { seatIds, status },
    })
  const path = `/api/v1/concerts/${concertId}/schedules/${scheduleId}`
  const shown = async (states: string, availableSeats: number): Promise<void> => {
    await eventually(async () => {
      const map = await network.call('GET', `${path}/seats/states`, { queueToken })
      expect(map.data.states).toBe(states)
      expect((await network.call('GET', path)).data).toMatchObject({ availableSeats })
    }, SOON)
  }
  const refused = await patch([1, 2], 'BLOCKED')
  expect([codeOf(refused), refused.error?.details]).toEqual(['SEAT_TAKEN', { seatIds: [1] }])
  expect((await patch([2, 3], 'BLOCKED')).data).toMatchObject({ changedSeatIds: [2, 3] })
  await shown('HBBAAAAAAA', 7)
  expect(codeOf(await hold(scheduleId, queueToken, as, 2))).toBe('SEAT_TAKEN')
  expect((await patch([1, 2], 'AVAILABLE')).data).toMatchObject({ changedSeatIds: [2] })
  await shown('HABAAAAAAA', 8)
  expect(codeOf(await hold(scheduleId, queueToken, as, 2))).toBe(201)
})
