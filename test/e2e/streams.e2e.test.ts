import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { EventReader } from '@frontrow/test-kit/event-reader'
import { eventually } from '@frontrow/test-kit/eventually'
import { ask, enter, openOnSale, startOnSaleNetwork } from './on-sale-network.ts'
import type { Answer, OnSaleNetwork } from './on-sale-network.ts'

// Both event streams through the gateway: what they tell, and that they last as long as the token that opened them.

// Streams end within 2 s of their token; the rest is for a busy machine.
const SOON_MS = 20_000
const ACTIVE_MS = 6_000
const HOLD_MS = 12_000

let network: OnSaleNetwork
const readers: EventReader[] = []

beforeAll(async () => {
  network = await startOnSaleNetwork({ ACTIVE_MS: String(ACTIVE_MS), HOLD_MS: String(HOLD_MS) })
})

afterEach(() => {
  for (const reader of readers.splice(0)) reader.close()
})

afterAll(async () => {
  await network?.stop()
})

const hold = (as: string, queueToken: string, scheduleId: number, seatId: number): Promise<Answer> =>
  ask(network, 'POST', '/api/v1/reservations', { as, queueToken, body: { scheduleId, seatIds: [seatId] } })

async function listen(path: string, token: string, more: Record<string, string> = {}): Promise<EventReader> {
  const headers = { 'queue-token': token, 'accept-encoding': 'gzip, br', ...more }
  const reader = await EventReader.open(`${network.url}/api/v1${path}`, headers)
  readers.push(reader)
  return reader
}

/** Somebody who was let in, with both streams open. */
async function openStreams(fan: string, money = 0) {
  const { concertId, scheduleId } = await openOnSale(network, 20)
  const token = await enter(network, fan, scheduleId, money)
  const seatsPath = `/concerts/${concertId}/schedules/${scheduleId}/seats/events`
  const seats = await listen(seatsPath, token)
  const place = await listen('/queue/tokens/me/events', token)
  const first = await place.event(1)
  await seats.event(1)
  return { scheduleId, token, seatsPath, seats, place, untilMs: Date.parse(String(first.data['expiresAt'])) }
}

async function expectEnd(streams: { seats: EventReader; place: EventReader }, how: string): Promise<void> {
  await eventually(() => expect([streams.seats.ended, streams.place.ended]).toEqual([true, true]), {
    withinMs: SOON_MS,
  })
  expect(streams.seats.events.at(-1)).toMatchObject({ event: 'end', data: { reason: 'TOKEN_ENDED' } })
  expect(streams.place.events.at(-1)).toMatchObject({ event: 'ended', data: { status: how } })
}

/** When the last event came; a millisecond of the clock of this machine, by which all parts of the system go. */
const endedAtMs = (events: EventReader['events']): number =>
  performance.timeOrigin + (events.at(-1)?.atMs ?? 0)

test('a hold is told through the gateway, and so is what was missed to who reconnects', async () => {
  const { scheduleId, token, seatsPath, seats } = await openStreams('watcher')
  const held = await hold('watcher', token, scheduleId, 3)
  expect(held.status).toBe(201)
  const { data } = await seats.event(2)
  expect(data).toEqual({ seats: [{ seatId: 3, status: 'HOLD' }] })
  seats.close()
  await network.call('POST', `/api/v1/reservations/${held.data.reservationId}/cancel`, { as: 'watcher' })
  const again = await listen(seatsPath, token, { 'last-event-id': seats.lastId })
  expect((await again.event(1)).data).toEqual({ seats: [{ seatId: 3, status: 'AVAILABLE' }] })
  expect(again.names).toEqual(['change'])
})

test('both end within 2 s when the token is left', async () => {
  const streams = await openStreams('leaves')
  const left = await network.call('DELETE', '/api/v1/queue/tokens/me', { queueToken: streams.token })
  expect(left.status).toBe(204)
  await expectEnd(streams, 'LEFT')
})

test('both end within 2 s when the token is reissued', async () => {
  const streams = await openStreams('reissues')
  const { scheduleId } = streams
  const reissued = await network.call('PUT', '/api/v1/queue/tokens', { as: 'reissues', body: { scheduleId } })
  expect(reissued.status).toBe(200)
  await expectEnd(streams, 'REISSUED')
})

test('both end within 2 s when the token runs out', async () => {
  const streams = await openStreams('idle')
  await expectEnd(streams, 'EXPIRED')
  for (const { events } of [streams.seats, streams.place])
    expect(endedAtMs(events)).toBeGreaterThan(streams.untilMs - 50)
})

test('both live on when a hold extends the token, and end when that is used up', async () => {
  const streams = await openStreams('holds')
  const held = await hold('holds', streams.token, streams.scheduleId, 1)
  const heldUntilMs = Date.parse(held.data.expiresAt)
  expect(heldUntilMs).toBeGreaterThan(streams.untilMs + 3_000)
  await expectEnd(streams, 'EXPIRED')
  for (const { events } of [streams.seats, streams.place])
    expect(endedAtMs(events)).toBeGreaterThan(heldUntilMs - 50)
})

test('both end when the token was used', async () => {
  const streams = await openStreams('pays', 50_000)
  const held = await hold('pays', streams.token, streams.scheduleId, 1)
  const paid = await ask(network, 'POST', '/api/v1/payments', {
    as: 'pays',
    key: randomUUID(),
    body: { reservationId: held.data.reservationId, paymentMethod: 'BALANCE' },
  })
  expect(paid.status).toBe(201)
  const me = () => network.call('GET', '/api/v1/queue/tokens/me', { queueToken: streams.token })
  await eventually(async () => expect((await me()).error?.code).toBe('QUEUE_TOKEN_INVALID'))
  await expectEnd(streams, 'USED')
})
