import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { eventually } from '@frontrow/test-kit/eventually'
import { handOver } from '@frontrow/test-kit/hand-over'
import { createTestEnvironment } from '@frontrow/test-kit/test-environment'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'
import { messageHandlers } from '../src/messages.ts'
import { placeOf, startQueueInstances, watchRoom } from './queue-instances.ts'
import type { QueueInstances, SeenPlace } from './queue-instances.ts'
import { QueueClient, startCatalog, startQueueService } from './queue-under-test.ts'
import type { StandInCatalog } from './queue-under-test.ts'
import { startReservations } from './reservations-stand-in.ts'
import type { HoldersPlace, ReservationsStandIn } from './reservations-stand-in.ts'

// What becomes of places by the events of the holds that they made, over Kafka.

const ACTIVE_MS = 20_000
const ACTIVE_MAX_MS = 120_000
const GONE = { code: 'QUEUE_TOKEN_INVALID' }

let environment: TestEnvironment
let catalog: StandInCatalog
let queues: QueueInstances
let reservations: ReservationsStandIn

beforeAll(async () => {
  environment = await createTestEnvironment()
  catalog = await startCatalog()
  const lives = { ACTIVE_MS: String(ACTIVE_MS), ACTIVE_MAX_MS: String(ACTIVE_MAX_MS) }
  const change = { ...lives, ADMIT_EVERY_MS: '50' }
  queues = await startQueueInstances(environment, catalog, change)
  reservations = await startReservations(environment)
  await handled(randomUUID())
})

afterAll(async () => {
  await reservations?.stop()
  await queues?.stop()
  await catalog?.stop()
  await environment?.dispose()
})

const client = (index = 0): QueueClient => queues.at(index).client
type Place = SeenPlace & HoldersPlace

/** Joins, and on a busy machine waits until the place is ACTIVE. */
async function enter(scheduleId: number, userId: string, fans = client()): Promise<Place> {
  const { token } = placeOf(await fans.join(scheduleId, userId))
  return { ...(await becomesActive(token, fans)), userId }
}

function becomesActive(token: string, fans = client()): Promise<SeenPlace> {
  return eventually(async () => {
    const place = placeOf(await fans.place(token))
    expect(place.status).toBe('ACTIVE')
    return place
  })
}

async function wait(scheduleId: number, userId: string): Promise<Place> {
  const place = placeOf(await client().join(scheduleId, userId))
  expect(place.status).toBe('WAITING')
  return { ...place, userId }
}

async function roomFor(maxActive: number): Promise<number> {
  const scheduleId = catalog.addSchedule()
  await client().steer(scheduleId, { maxActive })
  return scheduleId
}

const deadlineOf = async (token: string): Promise<number> => placeOf(await client(1).place(token)).expiresAt

async function statusOf({ scheduleId, sequence }: HoldersPlace): Promise<string | undefined> {
  const { rows } = await queues
    .at(0)
    .ctx.pool.query<{ status: string }>(
      'SELECT status FROM queue_tokens WHERE schedule_id = $1 AND sequence = $2',
      [scheduleId, sequence],
    )
  return rows[0]?.status
}

/** Messages of one key come in their order: the hold of a witness, told of last, shows that those before it were handled. */
async function handled(key: string): Promise<void> {
  const witness = await enter(await roomFor(1), 'witness')
  const untilMs = witness.expiresAt + 30_000
  await reservations.held(witness, untilMs, { key })
  await eventually(async () => expect(await deadlineOf(witness.token)).toBe(untilMs))
}

describe('a hold', () => {
  test('moves the deadline of its place out, never nearer and never past its absolute end, in whatever order and however often it is told', async () => {
    const place = await enter(await roomFor(1), 'buyer')
    const key = randomUUID()
    const heldId = randomUUID()
    const [heldUntil, refreshedUntil] = [place.expiresAt + 20_000, place.expiresAt + 40_000]
    await reservations.held(place, heldUntil, { key, id: heldId })
    await eventually(async () => expect(await deadlineOf(place.token)).toBe(heldUntil))
    await reservations.held(place, refreshedUntil, { key, refreshed: true })
    await eventually(async () => expect(await deadlineOf(place.token)).toBe(refreshedUntil))
    await reservations.held(place, heldUntil, { key, id: heldId })
    await reservations.held(place, heldUntil + 5, { key })
    await handled(key)
    expect(await deadlineOf(place.token)).toBe(refreshedUntil)

    const endMs = place.expiresAt - ACTIVE_MS + ACTIVE_MAX_MS
    await reservations.held(place, endMs + 1, { key, refreshed: true })
    await handled(key)
    expect(await deadlineOf(place.token)).toBe(endMs)
    await reservations.held(place, Date.now() + 86_400_000, { key })
    await handled(key)
    expect(await deadlineOf(place.token)).toBe(endMs)
    const { rows } = await queues
      .at(0)
      .ctx.pool.query<{ until: Date }>(
        'SELECT active_until AS until FROM queue_tokens WHERE schedule_id = $1',
        [place.scheduleId],
      )
    expect(rows[0]?.until.getTime()).toBe(endMs)
  })

  test('and a reissue at the same moment: the new token lives at least as long as the hold', async () => {
    const scheduleId = await roomFor(1_000)
    await client().steer(scheduleId, { admitPerSecond: 1_000 })
    const reissueWhileHolding = async (userId: string, index: number): Promise<void> => {
      const place = await enter(scheduleId, userId)
      const untilMs = place.expiresAt + 30_000
      const [, reissued] = await Promise.all([
        reservations.held(place, untilMs),
        client(index).reissue(scheduleId, userId),
      ])
      const { token } = placeOf(reissued)
      expect(await client().place(place.token)).toMatchObject(GONE)
      await eventually(async () => expect(await deadlineOf(token)).toBe(untilMs))
    }
    for (let round = 0; round < 10; round += 1) {
      const users = Array.from({ length: 6 }, (_none, index) => `buyer-${round}-${index}`)
      await Promise.all(users.map(reissueWhileHolding))
    }
  })

  test('that is told of after its place ended revives nothing', async () => {
    const scheduleId = await roomFor(1)
    const ends: Record<string, (place: Place) => Promise<unknown>> = {
      LEFT: ({ token }) => client().leave(token),
      USED: (place) => reservations.confirmed(place, 0),
    }
    for (const [status, end] of Object.entries(ends)) {
      const place = await enter(scheduleId, `buyer-${status}`)
      const next = await wait(scheduleId, `next-${status}`)
      await end(place)
      await becomesActive(next.token)
      await eventually(async () => expect(await statusOf(place)).toBe(status))
      const key = randomUUID()
      await reservations.held(place, Date.now() + 60_000, { key })
      await reservations.held(place, Date.now() + 90_000, { key, refreshed: true })
      await handled(key)
      expect(await client().place(place.token)).toMatchObject(GONE)
      expect(await statusOf(place)).toBe(status)
      expect(await watchRoom(queues.at(2), scheduleId)).toMatchObject({ active: 1, waiting: 0 })
      await client().leave(next.token)
    }
  })
})

describe('a payment', () => {
  test('ends the place only where no other hold of it is live, and then once, however often it is told', async () => {
    const scheduleId = await roomFor(1)
    const buyer = await enter(scheduleId, 'buyer')
    const [next, last] = [await wait(scheduleId, 'next'), await wait(scheduleId, 'last')]
    const key = randomUUID()
    await reservations.confirmed(buyer, 1, { key })
    await handled(key)
    expect((await client(1).place(buyer.token)).data['status']).toBe('ACTIVE')

    const id = randomUUID()
    await reservations.confirmed(buyer, 0, { key, id })
    await becomesActive(next.token)
    expect(await client(2).place(buyer.token)).toMatchObject(GONE)
    expect(await statusOf(buyer)).toBe('USED')
    await reservations.confirmed(buyer, 0, { key, id })
    await reservations.confirmed(buyer, 0, { key })
    await reservations.confirmed(buyer, 1, { key })
    await handled(key)
    expect((await client().place(next.token)).data['status']).toBe('ACTIVE')
    expect((await client().place(last.token)).data).toMatchObject({ status: 'WAITING', queuePosition: 1 })
  })

  test('ends the place that it belonged to, never a newer one of the same person, nor does its hold extend that one', async () => {
    const scheduleId = await roomFor(2)
    const old = await enter(scheduleId, 'buyer')
    await client().leave(old.token)
    const newer = await enter(scheduleId, 'buyer')
    expect(newer.sequence).toBeGreaterThan(old.sequence)
    const key = randomUUID()
    await reservations.held(old, newer.expiresAt + 30_000, { key })
    await reservations.confirmed(old, 0, { key })
    await handled(key)
    expect(await deadlineOf(newer.token)).toBe(newer.expiresAt)
    expect([await statusOf(old), await statusOf(newer)]).toEqual(['LEFT', 'ACTIVE'])
  })
})

test('who gives the place up and comes back is behind all who wait, and a hold of before lets nobody in nor stay', async () => {
  const scheduleId = await roomFor(1)
  const old = await enter(scheduleId, 'buyer')
  const others = [await wait(scheduleId, 'other-1'), await wait(scheduleId, 'other-2')]
  await client().leave(old.token)
  const again = await wait(scheduleId, 'buyer')
  expect(again.sequence).toBeGreaterThan(Math.max(...others.map(({ sequence }) => sequence)))
  const key = randomUUID()
  await reservations.held(old, Date.now() + 90_000, { key })
  await reservations.held(old, Date.now() + 110_000, { key, refreshed: true })
  await handled(key)
  expect(await statusOf(again)).toBe('WAITING')
  expect(await client(1).place(old.token)).toMatchObject(GONE)
})

test('messages from before places were named can be read, and change nothing', async () => {
  const { ctx } = queues.at(0)
  const { scheduleId, userId, token, expiresAt } = await enter(await roomFor(1), 'buyer')
  const value = {
    reservationId: randomUUID(),
    paymentId: randomUUID(),
    userId,
    scheduleId,
    seatIds: [1],
    totalAmount: 1,
    expiresAt: new Date(expiresAt + 30_000).toISOString(),
  }
  const handlers = messageHandlers(ctx)
  for (const type of ['ReservationHeld', 'ReservationConfirmed']) {
    const message = { id: randomUUID(), type, source: '', time: new Date(), key: '', topic: '' }
    await handOver(handlers, [{ ...message, traceparent: undefined, requestId: undefined, value }])
  }
  expect(await deadlineOf(token)).toBe(expiresAt)
})

test('a hold that is told of after its place ran out does nothing: the next one has the slot', async () => {
  const own = await createTestEnvironment()
  const says = await startReservations(own)
  const queue = await startQueueService(own, catalog, { ACTIVE_MS: '1500', ADMIT_EVERY_MS: '50' })
  try {
    const rooms = [catalog.addSchedule(), catalog.addSchedule()]
    const [scheduleId = 0, paused = 0] = rooms
    const fans = new QueueClient(queue)
    await fans.steer(scheduleId, { maxActive: 1 })
    await fans.steer(paused, { maxActive: 1, paused: true })
    const first = await enter(scheduleId, 'first', fans)
    const next = placeOf(await fans.join(scheduleId, 'next'))
    const witness = placeOf(await fans.join(paused, 'witness'))
    await becomesActive(next.token, fans)
    const key = randomUUID()
    await says.held(first, Date.now() + 60_000, { key })
    await says.confirmed({ ...witness, userId: 'witness' }, 0, { key })
    await eventually(async () => expect(await fans.place(witness.token)).toMatchObject(GONE))
    expect(await fans.place(first.token)).toMatchObject(GONE)
    const { rows } = await queue.ctx.pool.query<{ status: string }>(
      'SELECT status FROM queue_tokens WHERE schedule_id = $1 ORDER BY sequence LIMIT 1',
      [scheduleId],
    )
    expect(rows[0]?.status).toBe('EXPIRED')
  } finally {
    await queue.stop()
    await says.stop()
    await own.dispose()
  }
})

test('a queue service that was not there between the hold and its payment ends that place, not the one its holder took since', async () => {
  const own = await createTestEnvironment()
  const says = await startReservations(own)
  const settings = { ACTIVE_MS: '60000', ADMIT_EVERY_MS: '50' }
  const start = () => startQueueService(own, catalog, settings)
  let queue = await start()
  try {
    const scheduleId = catalog.addSchedule()
    const places: Place[] = []
    for (const userId of ['stays', 'comes-back', 'witness']) {
      places.push(await enter(scheduleId, userId, new QueueClient(queue)))
    }
    const [stays, old, witness] = places
    if (stays === undefined || old === undefined || witness === undefined) throw new Error('nobody joined')
    await queue.stop()
    const key = randomUUID()
    await says.confirmed(stays, 0, { key })
    queue = await start()
    const restarted = new QueueClient(queue)
    await restarted.leave(old.token)
    const newer = await enter(scheduleId, 'comes-back', restarted)
    await says.confirmed(old, 0, { key })
    await says.held(witness, witness.expiresAt + 30_000, { key })
    await eventually(async () =>
      expect(placeOf(await restarted.place(witness.token)).expiresAt).toBe(witness.expiresAt + 30_000),
    )
    expect(await restarted.place(stays.token)).toMatchObject(GONE)
    expect((await becomesActive(newer.token, restarted)).sequence).toBe(newer.sequence)
  } finally {
    await queue.stop()
    await says.stop()
    await own.dispose()
  }
})
