import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { EventReader } from '@frontrow/test-kit/event-reader'
import { eventually } from '@frontrow/test-kit/eventually'
import { startCatalogUnderTest } from './catalog-under-test.ts'
import type { CatalogUnderTest } from './catalog-under-test.ts'

// A stream ends within 2 s of its token; the rest is for a busy machine.
const SOON_MS = 20_000

let underTest: CatalogUnderTest
const readers: EventReader[] = []

beforeAll(async () => {
  underTest = await startCatalogUnderTest()
})

afterEach(() => {
  for (const reader of readers.splice(0)) reader.close()
})

afterAll(async () => {
  await underTest.dispose()
})

/** A schedule of 50 seats on which nobody has taken anything yet, and a token for it. */
async function openSchedule() {
  underTest.neighbours.taken = { held: [], sold: [] }
  const schedule = await underTest.createSchedule()
  return { ...schedule, token: underTest.queueToken(schedule.scheduleId) }
}

async function listen(path: string, token: string, lastEventId?: string): Promise<EventReader> {
  const reader = await EventReader.open(underTest.url(`${path}/seats/events`), {
    'queue-token': token,
    ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
  })
  readers.push(reader)
  return reader
}

function stateOf(held: number[], sold: number[]) {
  const states = [
    ...held.map((seatId) => ({ seatId, status: 'HOLD' })),
    ...sold.map((seatId) => ({ seatId, status: 'SOLD_OUT' })),
  ]
  return states.toSorted((a, b) => a.seatId - b.seatId)
}

/** Takes seats, and waits until the map shows the first of them so. */
async function take(path: string, token: string, held: number[], sold: number[] = []): Promise<void> {
  underTest.neighbours.taken = { held, sold }
  const [first] = stateOf(held, sold)
  await eventually(async () => {
    const { data } = await underTest.call('GET', `${path}/seats/${first?.seatId}`, {
      headers: { 'queue-token': token },
    })
    expect(data).toMatchObject({ ...first })
  })
}

describe('seat events', () => {
  test('tell what is taken, then what changes, to everybody who listens', async () => {
    const { scheduleId, path, token } = await openSchedule()
    await take(path, token, [3], [4])
    const listeners = [await listen(path, token), await listen(path, token)]
    for (const reader of listeners) {
      expect(reader.response.headers['content-type']).toMatch('text/event-stream')
      const { event, data } = await reader.event(1)
      expect([event, data]).toEqual([
        'snapshot',
        { scheduleId, layoutVersion: expect.any(String), seats: stateOf([3], [4]) },
      ])
    }
    underTest.neighbours.taken = { held: [5], sold: [3, 4] }
    for (const reader of listeners) {
      const { event, data } = await reader.event(2)
      expect([event, data]).toEqual(['change', { seats: stateOf([5], [3]) }])
    }
    expect(new Set(listeners.map((reader) => reader.lastId)).size).toBe(1)
    for (const reader of listeners) reader.close()
    // Nobody listens any more, so no stream is left open.
    const metrics = `http://127.0.0.1:${underTest.catalog.ports.ops}/metrics`
    await eventually(async () => {
      expect(await (await fetch(metrics)).text()).toMatch(/^catalog_seat_event_streams\{.*\} 0$/m)
    })
  })

  test('a stop ends open streams at once', async () => {
    const stopped = await startCatalogUnderTest()
    const { path, scheduleId } = await stopped.createSchedule()
    const reader = await EventReader.open(stopped.url(`${path}/seats/events`), {
      'queue-token': stopped.queueToken(scheduleId),
    })
    await stopped.dispose()
    // With a proper end, before anything is cut off.
    await reader.end()
    expect(reader.events.at(-1)).toMatchObject({ event: 'end', data: { reason: 'STOPPING' } })
  })
})

describe('who reconnects with the id of the last event', () => {
  test('is told in one event what changed meanwhile, and then what changes', async () => {
    const { path, token } = await openSchedule()
    await take(path, token, [3, 4])
    const first = await listen(path, token)
    await first.event(1)
    first.close()
    await take(path, token, [3, 7], [4])
    await take(path, token, [3], [4, 7, 8])
    const again = await listen(path, token, first.lastId)
    const { event, data } = await again.event(1)
    expect([event, data]).toEqual(['change', { seats: stateOf([], [4, 7, 8]) }])
    underTest.neighbours.taken = { held: [], sold: [3, 4, 7, 8] }
    expect((await again.event(2)).data).toEqual({ seats: stateOf([], [3]) })
    expect(again.others).toEqual(['retry: 2000'])
  })

  test('is told nothing when nothing changed', async () => {
    const { path, token } = await openSchedule()
    await take(path, token, [3])
    const first = await listen(path, token)
    await first.event(1)
    first.close()
    const again = await listen(path, token, first.lastId)
    underTest.neighbours.taken = { held: [3, 9], sold: [] }
    expect(await again.event(1)).toMatchObject({ event: 'change', data: { seats: stateOf([9], []) } })
  })

  test.each(['', 'junk', 'x'.repeat(10_000)])('that is not known is told everything: %#', async (id) => {
    const { path, scheduleId, token } = await openSchedule()
    await take(path, token, [3])
    const reader = await listen(path, token, id)
    const { event, data } = await reader.event(1)
    expect([event, data]).toEqual([
      'snapshot',
      { scheduleId, layoutVersion: expect.any(String), seats: stateOf([3], []) },
    ])
  })

  test('that is too old is told everything', async () => {
    const { path, token } = await openSchedule()
    await take(path, token, [1])
    const first = await listen(path, token)
    await first.event(1)
    first.close()
    // These are more changes than there are seats.
    const many = Array.from({ length: 40 }, (_none, index) => index + 2)
    await take(path, token, many)
    await take(path, token, [], many)
    const again = await listen(path, token, first.lastId)
    expect(await again.event(1)).toMatchObject({ event: 'snapshot', data: { seats: stateOf([], many) } })
  })
})

describe('a stream follows its token', () => {
  test('it ends soon after the token is not good any more, others go on', async () => {
    const { path, token, scheduleId } = await openSchedule()
    const [ended, goesOn] = [
      await listen(path, token),
      await listen(path, underTest.queueToken(scheduleId, { userId: '102' })),
    ]
    await ended.event(1)
    underTest.neighbours.tokens.delete(token)
    const beganMs = performance.now()
    const { event, data, atMs } = await ended.event(2)
    expect([event, data]).toEqual(['end', { reason: 'TOKEN_ENDED' }])
    expect(atMs - beganMs).toBeLessThan(SOON_MS)
    await ended.end()
    underTest.neighbours.taken = { held: [5], sold: [] }
    await goesOn.event(2)
    expect(goesOn.names).toEqual(['snapshot', 'change'])
  })

  test('it ends with the deadline, and lives on where the deadline was moved', async () => {
    const { path, scheduleId } = await openSchedule()
    const untilMs = Date.now() + 3_000
    const tokens = ['short', 'extended'].map((userId) =>
      underTest.queueToken(scheduleId, { userId, activeUntilMs: untilMs }),
    )
    const [short, extended] = await Promise.all(tokens.map((token) => listen(path, token)))
    const known = underTest.neighbours.tokens.get(tokens[1] ?? '')
    if (known !== undefined) known.activeUntilMs = untilMs + 3_000
    expect((await short?.event(2))?.data).toEqual({ reason: 'TOKEN_ENDED' })
    const shortLateMs = Date.now() - untilMs
    expect([shortLateMs >= 0, shortLateMs < SOON_MS]).toEqual([true, true])
    expect((await extended?.event(2))?.data).toEqual({ reason: 'TOKEN_ENDED' })
    const lateMs = Date.now() - untilMs - 3_000
    expect([lateMs >= 0, lateMs < SOON_MS]).toEqual([true, true])
  })

  test('a waiting room that cannot say leaves it open', async () => {
    const { path, token } = await openSchedule()
    const reader = await listen(path, token)
    await reader.event(1)
    const known = underTest.neighbours.tokens.get(token)
    if (known !== undefined) known.status = 'UNAVAILABLE'
    const before = underTest.neighbours.verifyCalls
    await eventually(() => expect(underTest.neighbours.verifyCalls - before).toBeGreaterThanOrEqual(2))
    expect(reader.ended).toBe(false)
    underTest.neighbours.tokens.delete(token)
    await reader.end()
    expect(reader.events.at(-1)?.data).toEqual({ reason: 'TOKEN_ENDED' })
  })

  test('a hundred streams ask with one call, about once in 1.2 s', async () => {
    const { path, scheduleId } = await openSchedule()
    const tokens = Array.from({ length: 100 }, (_none, user) =>
      underTest.queueToken(scheduleId, { userId: `crowd-${user}` }),
    )
    await Promise.all(tokens.map((token) => listen(path, token)))
    const before = underTest.neighbours.verifyCalls
    const beganMs = performance.now()
    await eventually(() => expect(underTest.neighbours.verifyCalls - before).toBeGreaterThanOrEqual(4))
    // They were opened within some rounds, so that each beat is two or three calls.
    const beats = (performance.now() - beganMs) / 1_200
    expect(underTest.neighbours.verifyCalls - before).toBeLessThanOrEqual(Math.ceil(beats + 1) * 4)
  })
})
