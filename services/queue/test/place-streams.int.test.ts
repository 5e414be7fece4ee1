import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { inTransaction } from '@frontrow/postgres/transaction'
import { eventually } from '@frontrow/test-kit/eventually'
import { createTestEnvironment, tokenFor } from '@frontrow/test-kit/test-environment'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'
import { noteHold } from '../src/places/holds-of-place.ts'
import type { RunningQueue } from '../src/start.ts'
import { extendByToken } from './extend-by-token.ts'
import { EventReader } from '@frontrow/test-kit/event-reader'
import { QueueClient, startCatalog, startQueueService } from './queue-under-test.ts'
import type { StandInCatalog } from './queue-under-test.ts'

// What the streams promise is 2 s, and a poll comes after a minute; the rest is for a busy machine.
const SOON_MS = 20_000

const ROUND_MS = 100

let environment: TestEnvironment
let catalog: StandInCatalog
let queue: RunningQueue
let other: RunningQueue
let client: QueueClient
const readers: EventReader[] = []

beforeAll(async () => {
  environment = await createTestEnvironment()
  catalog = await startCatalog()
  queue = await startQueueService(environment, catalog, { ACTIVE_MS: '60000' })
  other = await startQueueService(environment, catalog, { ACTIVE_MS: '60000' })
  client = new QueueClient(queue)
})

afterEach(() => {
  for (const reader of readers.splice(0)) reader.close()
  jest.restoreAllMocks()
})

afterAll(async () => {
  await queue?.stop()
  await other?.stop()
  await catalog?.stop()
  await environment?.dispose()
})

/** Opens the stream of a token, at `queue` unless told otherwise. */
async function listen(
  token: unknown,
  more: { at?: RunningQueue; lastEventId?: string; user?: string } = {},
): Promise<EventReader> {
  const headers: Record<string, string> = { 'queue-token': String(token) }
  if (more.lastEventId !== undefined) headers['last-event-id'] = more.lastEventId
  if (more.user !== undefined) headers['authorization'] = `Bearer ${await tokenFor(more.user)}`
  const { http } = (more.at ?? queue).ports
  const reader = await EventReader.open(`http://127.0.0.1:${http}/api/v1/queue/tokens/me/events`, headers)
  readers.push(reader)
  return reader
}

/** A room of one, with somebody in it and `waiting` people behind; the tokens in the order of the places. */
async function fullRoom(waiting: number): Promise<{ scheduleId: number; tokens: string[] }> {
  const scheduleId = catalog.addSchedule()
  await client.steer(scheduleId, { maxActive: 1 })
  const tokens: string[] = []
  for (let place = 0; place <= waiting; place += 1) {
    tokens.push(String((await client.join(scheduleId, `user-${place}`)).data['token']))
  }
  return { scheduleId, tokens }
}

/** Ends the place of user-1 as told. */
async function endPlace(scheduleId: number, token: unknown, how: string): Promise<void> {
  if (how === 'LEFT') await client.leave(token)
  if (how === 'REISSUED') await client.reissue(scheduleId, 'user-1')
  // A sequence of a room that was not drawn is the number of the join.
  if (how === 'USED') await noteHold(queue.ctx, scheduleId, { kind: 'USED', sequence: 2 })
}

describe('the stream of a place', () => {
  test('begins with the place as GET tells it', async () => {
    const { scheduleId, tokens } = await fullRoom(2)
    const reader = await listen(tokens[2])
    expect(reader.status).toBe(200)
    expect(reader.response.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    })
    const { event, id, data } = await reader.event(1)
    const { data: asked } = await client.place(tokens[2])
    expect(event).toBe('place')
    expect(id).toBe(`WAITING-${scheduleId}-3-2-0`)
    expect(data).toEqual({
      ...asked,
      pollAfterSeconds: expect.any(Number),
      serverTime: expect.any(String),
      expiresAt: expect.any(String),
    })
    expect(reader.others).toEqual(['retry: 2000'])
  })

  test('tells of every change of position, status and deadline, each once', async () => {
    const { scheduleId, tokens } = await fullRoom(2)
    const reader = await listen(tokens[2])
    await reader.event(1)
    await client.leave(tokens[1])
    expect((await reader.event(2)).data).toMatchObject({ status: 'WAITING', queuePosition: 1 })
    await client.leave(tokens[0])
    const admitted = await reader.event(3)
    expect(admitted.data).toMatchObject({ status: 'ACTIVE', queuePosition: 0 })
    const deadlineMs = Date.parse(String(admitted.data['expiresAt']))
    expect(admitted.id).toBe(`ACTIVE-${scheduleId}-3-${deadlineMs}-0`)
    const untilMs = deadlineMs + 30_000
    await extendByToken(queue.ctx, tokens[2] ?? '', untilMs)
    const extended = await reader.event(4)
    expect(extended.data).toMatchObject({ status: 'ACTIVE', expiresAt: new Date(untilMs).toISOString() })
    expect(extended.id).toBe(`ACTIVE-${scheduleId}-3-${untilMs}-0`)
    await client.leave(tokens[2])
    await reader.end()
    expect(reader.names).toEqual(['place', 'place', 'place', 'place', 'ended'])
  })

  test('goes on through the draw at the opening, whatever sequence it gives', async () => {
    const scheduleId = catalog.addEarlySchedule()
    await client.steer(scheduleId, { maxActive: 1 })
    const joins = [await client.join(scheduleId, 'early-1'), await client.join(scheduleId, 'early-2')]
    const streams = await Promise.all(joins.map(({ data }) => listen(data['token'])))
    await Promise.all(streams.map((reader) => reader.event(1)))
    catalog.open(scheduleId)
    // One of the two is let in, the other one stands in front.
    for (const [index, reader] of streams.entries()) {
      const drawn = await eventually(() => {
        const last = reader.events.at(-1)
        const sequence = Number(last?.data['sequence'])
        expect(sequence).toBeGreaterThan(2)
        return { id: last?.id, sequence }
      })
      expect(reader.events[0]?.id).toBe(`WAITING-${scheduleId}-${index + 1}-${index + 1}-0`)
      expect(drawn.id).toMatch(new RegExp(`^(WAITING|ACTIVE)-${scheduleId}-${drawn.sequence}-\\d+-0$`))
      await client.leave(joins[index]?.data['token'])
      await reader.end()
      expect(reader.lastId).toBe(`LEFT-${scheduleId}-${drawn.sequence}`)
      expect(new Set(reader.events.map((sent) => sent.id)).size).toBe(reader.events.length)
    }
  })

  test.each(['LEFT', 'USED', 'REISSUED'])('ends soon with %s, also while the wait is long', async (how) => {
    const { scheduleId, tokens } = await fullRoom(1)
    // At least a minute's wait is told of a room that is paused, so that its places are polled seldom.
    await client.steer(scheduleId, { paused: true })
    const reader = await listen(tokens[1], { at: other })
    await reader.event(2)
    await endPlace(scheduleId, tokens[1], how)
    const endedAtMs = performance.now()
    const { event, id, data, atMs } = await reader.event(3)
    expect(atMs - endedAtMs).toBeLessThan(SOON_MS)
    expect({ event, id }).toEqual({ event: 'ended', id: `${how}-${scheduleId}-2` })
    expect(data).toEqual({ status: how, scheduleId, serverTime: expect.any(String) })
    await reader.end()
    expect(reader.names).toEqual(['place', 'room', 'ended'])
  })

  test('ends with EXPIRED within 1.5 s of the deadline of an ACTIVE place', async () => {
    const hurried = await startQueueService(environment, catalog, {
      ACTIVE_MS: '3000',
      ADMIT_EVERY_MS: '5000',
    })
    try {
      const scheduleId = catalog.addSchedule()
      const { data } = await new QueueClient(hurried).join(scheduleId, 'slow')
      const reader = await listen(data['token'])
      const ended = await reader.event(2)
      expect(reader.names).toEqual(['place', 'ended'])
      expect(ended.id).toBe(`EXPIRED-${scheduleId}-1`)
      const lateMs = Date.parse(String(ended.data['serverTime'])) - Date.parse(String(data['expiresAt']))
      expect(lateMs).toBeGreaterThanOrEqual(0)
      expect(lateMs).toBeLessThan(SOON_MS)
      await reader.end()
    } finally {
      await hurried.stop()
    }
  })
})

describe('a pause of the room', () => {
  test('is told to all its streams soon, those far back too, for one summary a round', async () => {
    const { scheduleId, tokens } = await fullRoom(12)
    const elsewhere = await fullRoom(1)
    const bystander = await listen(elsewhere.tokens[1])
    const all = await Promise.all(tokens.map((token) => listen(token)))
    await Promise.all(all.map((reader) => reader.event(1)))
    const summary = jest.spyOn(queue.ctx.rooms, 'summaryNow')
    // The room is paused through the other instance, so this one has to notice it by itself.
    const steer = (paused: boolean) => new QueueClient(other).steer(scheduleId, { paused })
    const beganMs = performance.now()
    for (const [index, paused] of [true, false].entries()) {
      expect((await steer(paused)).data['paused']).toBe(paused)
      const answeredMs = performance.now()
      const told = await Promise.all(all.map((reader) => reader.event(2 + index)))
      for (const { event, id, data, atMs } of told) {
        expect(event).toBe('room')
        expect(data).toEqual({ scheduleId, paused, serverTime: expect.any(String) })
        expect(id).toMatch(new RegExp(`^(WAITING|ACTIVE)-${scheduleId}-\\d+-\\d+-${paused ? 1 : 0}$`))
        expect(atMs - answeredMs).toBeLessThan(SOON_MS)
      }
    }
    const asked = summary.mock.calls.filter(([id]) => id === scheduleId).length
    expect(asked).toBeLessThanOrEqual((performance.now() - beganMs) / ROUND_MS + 2)
    expect(all.map((reader) => reader.names)).toEqual(all.map(() => ['place', 'room', 'room']))
    expect(bystander.names).toEqual(['place'])
  })
})

describe('who reconnects', () => {
  test.each([false, true])('with the present state gets nothing but changes (paused: %p)', async (paused) => {
    const { scheduleId, tokens } = await fullRoom(2)
    await client.steer(scheduleId, { paused })
    const first = await listen(tokens[2])
    await first.event(paused ? 2 : 1)
    first.close()
    // The reader reconnects to another instance, where ids have the same meaning.
    const again = await listen(tokens[2], { at: other, lastEventId: first.lastId })
    expect(again.status).toBe(200)
    await client.leave(tokens[1])
    const moved = await again.event(1)
    expect(moved.data).toMatchObject({ status: 'WAITING', queuePosition: 1 })
    expect(moved.id).toBe(`WAITING-${scheduleId}-3-1-${paused ? 1 : 0}`)
    expect(again.others).toEqual(['retry: 2000'])
  })

  test('with the present deadline of an ACTIVE place gets nothing but its change', async () => {
    const { tokens } = await fullRoom(0)
    const first = await listen(tokens[0])
    const { data, id } = await first.event(1)
    first.close()
    const again = await listen(tokens[0], { at: other, lastEventId: id })
    const untilMs = Date.parse(String(data['expiresAt'])) + 10_000
    await extendByToken(queue.ctx, tokens[0] ?? '', untilMs)
    expect((await again.event(1)).data['expiresAt']).toBe(new Date(untilMs).toISOString())
  })

  test('gets what changed meanwhile: the place, the room, or both', async () => {
    const { scheduleId, tokens } = await fullRoom(2)
    const first = await listen(tokens[2])
    const before = await first.event(1)
    first.close()
    await client.steer(scheduleId, { paused: true })
    const pausedNow = await listen(tokens[2], { lastEventId: before.id })
    await pausedNow.event(1)
    await client.leave(tokens[1])
    await pausedNow.event(2)
    expect(pausedNow.names).toEqual(['room', 'place'])
    pausedNow.close()
    const both = await listen(tokens[2], { lastEventId: before.id })
    await both.event(2)
    expect(both.names).toEqual(['place', 'room'])
    both.close()
    await client.steer(scheduleId, { paused: false })
    await client.leave(tokens[0])
    await eventually(async () => expect((await client.place(tokens[2])).data['status']).toBe('ACTIVE'))
    const resumed = await listen(tokens[2], { lastEventId: both.lastId })
    await resumed.event(2)
    expect(resumed.names).toEqual(['place', 'room'])
    expect(resumed.events[1]?.data['paused']).toBe(false)
  })

  test.each([
    ['empty', () => ''],
    ['junk', () => 'junk'],
    ['a moment', () => '1763726400000'],
    ['not ASCII', () => 'pläce'],
    ['10 kB long', () => 'x'.repeat(10_000)],
    ['of another schedule', (scheduleId: number) => `WAITING-${scheduleId + 1}-2-1-1`],
    ['of another place in the line', (scheduleId: number) => `WAITING-${scheduleId}-3-1-0`],
    ['of an end that was not', (scheduleId: number) => `LEFT-${scheduleId}-2`],
  ])('with an id that is %s starts anew', async (_what, id) => {
    const { scheduleId, tokens } = await fullRoom(1)
    const reader = await listen(tokens[1], { lastEventId: id(scheduleId) })
    expect(reader.status).toBe(200)
    expect(await reader.event(1)).toMatchObject({ event: 'place', id: `WAITING-${scheduleId}-2-1-0` })
    expect(reader.others).toEqual(['retry: 2000'])
  })
})

describe('who reconnects when the place has ended', () => {
  test.each(['LEFT', 'USED'])('is told that it was %s, and once it knows, to stay away', async (how) => {
    const { scheduleId, tokens } = await fullRoom(1)
    const first = await listen(tokens[1])
    const { id } = await first.event(1)
    first.close()
    await endPlace(scheduleId, tokens[1], how)
    for (const lastEventId of [id, 'junk', `LEFT-${scheduleId + 1}-2`]) {
      const missed = await listen(tokens[1], { at: other, lastEventId, user: 'user-1' })
      expect(missed.status).toBe(200)
      await missed.end()
      expect(missed.names).toEqual(['ended'])
      expect(missed.events[0]).toMatchObject({
        id: `${how}-${scheduleId}-2`,
        data: { status: how, scheduleId, serverTime: expect.any(String) },
      })
    }
    const known = await listen(tokens[1], { lastEventId: `${how}-${scheduleId}-2` })
    await known.end()
    expect(known).toMatchObject({ status: 204, body: '' })
  })

  test('is told that it EXPIRED, also before a round has ended it, and once it knows, to stay away', async () => {
    const hurried = await startQueueService(environment, catalog, { ACTIVE_MS: '2500' })
    try {
      const scheduleId = catalog.addSchedule()
      const { token } = (await new QueueClient(hurried).join(scheduleId, 'slow')).data
      const first = await listen(token)
      const { id } = await first.event(1)
      first.close()
      await inTransaction(queue.ctx.pool, async (tx) => {
        // No round can end the place while this transaction has the lock of the room.
        await tx.query('SELECT FROM rooms WHERE schedule_id = $1 FOR UPDATE', [scheduleId])
        await eventually(async () => expect((await client.place(token)).code).toBe('QUEUE_TOKEN_INVALID'))
        const missed = await listen(token, { at: other, lastEventId: id })
        await missed.end()
        expect(missed.events[0]).toMatchObject({ event: 'ended', id: `EXPIRED-${scheduleId}-1` })
      })
      const known = await listen(token, { lastEventId: `EXPIRED-${scheduleId}-1` })
      expect(known.status).toBe(204)
    } finally {
      await hurried.stop()
    }
  })

  test('is refused without an id, as somebody else, and with a value that is no place any more', async () => {
    const { scheduleId, tokens } = await fullRoom(1)
    const renewed = await client.reissue(scheduleId, 'user-1')
    await client.leave(renewed.data['token'])
    const lastEventId = `WAITING-${scheduleId}-2-1-0`
    const endedId = `LEFT-${scheduleId}-2`
    for (const [token, more] of [
      [renewed.data['token'], {}],
      [renewed.data['token'], { lastEventId: '' }],
      [renewed.data['token'], { lastEventId, user: 'user-0' }],
      [renewed.data['token'], { lastEventId: endedId, user: 'user-0' }],
      [tokens[1], { lastEventId }],
      [tokens[1], { lastEventId: `REISSUED-${scheduleId}-2` }],
      [randomUUID(), { lastEventId }],
    ] as const) {
      const reader = await listen(token, more)
      await reader.end()
      expect(reader.status).toBe(401)
      expect(reader.body).toContain('QUEUE_TOKEN_INVALID')
      expect(reader.body).not.toContain('LEFT')
      expect(reader.body).not.toContain('"scheduleId"')
    }
    // With somebody else's live token nothing is told either.
    const live = await listen(tokens[0], { lastEventId, user: 'user-1' })
    expect(live.status).toBe(401)
  })
})
