import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { eventually } from '@frontrow/test-kit/eventually'
import { z } from 'zod'
import { startCatalogUnderTest } from './catalog-under-test.ts'
import type { Answer, CatalogUnderTest } from './catalog-under-test.ts'

let underTest: CatalogUnderTest

beforeAll(async () => {
  underTest = await startCatalogUnderTest()
})

afterAll(() => underTest.dispose())

const SeatMap = z.object({
  scheduleInfo: z.looseObject({ scheduleId: z.number(), availableSeats: z.number(), status: z.string() }),
  seats: z.array(z.looseObject({ seatId: z.number(), status: z.string() })),
})

function statusOf(answer: Answer, seatId: number): string | undefined {
  return SeatMap.parse(answer.data).seats.find((seat) => seat.seatId === seatId)?.status
}

async function openSchedule() {
  underTest.neighbours.taken = { held: [], sold: [] }
  const schedule = await underTest.createSchedule()
  const headers = { 'Queue-Token': underTest.queueToken(schedule.scheduleId) }
  const seats = (query = '', more: Record<string, string> = {}) =>
    underTest.call('GET', `${schedule.path}/seats${query}`, { headers: { ...headers, ...more } })
  return { ...schedule, headers, seats }
}

describe('the seat map', () => {
  test('shows all seats in the order of their ids', async () => {
    const { scheduleId, seats } = await openSchedule()
    const answer = await seats()
    expect(answer.status).toBe(200)
    const map = SeatMap.parse(answer.data)
    expect(map.scheduleInfo).toMatchObject({ scheduleId, availableSeats: 50, status: 'ON_SALE' })
    expect(map.seats.map(({ seatId }) => seatId)).toEqual(Array.from({ length: 50 }, (_, index) => index + 1))
    expect(map.seats[20]).toEqual({
      seatId: 21,
      seatNumber: 1,
      section: 'Floor',
      row: 'C',
      grade: 'R',
      price: 110_000,
      status: 'AVAILABLE',
    })
  })

  test('shows a taken seat, and a freed one, within a second', async () => {
    const { seats } = await openSchedule()
    expect(statusOf(await seats(), 7)).toBe('AVAILABLE')
    underTest.neighbours.taken = { held: [7], sold: [8] }
    await eventually(
      async () => {
        const answer = await seats()
        expect([statusOf(answer, 7), statusOf(answer, 8)]).toEqual(['HOLD', 'SOLD_OUT'])
        expect(SeatMap.parse(answer.data).scheduleInfo.availableSeats).toBe(48)
      },
      { withinMs: 1_000 },
    )
    underTest.neighbours.taken = { held: [], sold: [8] }
    await eventually(async () => expect(statusOf(await seats(), 7)).toBe('AVAILABLE'), { withinMs: 1_000 })
  })

  test('is 304 until a seat changes', async () => {
    const { seats } = await openSchedule()
    const tag = (await seats()).headers.get('etag') ?? ''
    expect(tag).toMatch(/^"/)
    for (const sent of [tag, `W/${tag}`]) {
      const unchanged = await seats('', { 'If-None-Match': sent })
      expect([unchanged.status, unchanged.headers.get('etag')]).toEqual([304, tag])
    }
    underTest.neighbours.taken = { held: [1], sold: [] }
    await eventually(
      async () => {
        const changed = await seats('', { 'If-None-Match': tag })
        expect(changed.status).toBe(200)
        expect(changed.headers.get('etag')).not.toBe(tag)
      },
      { withinMs: 1_000 },
    )
  })

  test('filters by status and grade', async () => {
    const { seats } = await openSchedule()
    underTest.neighbours.taken = { held: [1, 30], sold: [2] }
    await eventually(async () => expect(statusOf(await seats(), 1)).toBe('HOLD'), { withinMs: 1_000 })
    const ids = (answer: Answer) => SeatMap.parse(answer.data).seats.map(({ seatId }) => seatId)
    expect(ids(await seats('?status=AVAILABLE&grade=VIP'))).toEqual(
      Array.from({ length: 18 }, (_, index) => index + 3),
    )
    expect(ids(await seats('?status=HOLD'))).toEqual([1, 30])
    expect(ids(await seats('?grade=none'))).toEqual([])
    expect((await seats('?status=FREE')).error?.details).toMatchObject([{ in: 'query', field: 'status' }])
  })

  test('a crowd costs the reservation service about two calls a second', async () => {
    const { seats } = await openSchedule()
    await seats()
    const before = underTest.neighbours.takenCalls
    const began = Date.now()
    for (let round = 0; round < 10; round += 1) await Promise.all(Array.from({ length: 40 }, () => seats()))
    const allowed = 1 + Math.ceil((Date.now() - began) / 400)
    expect(underTest.neighbours.takenCalls - before).toBeLessThanOrEqual(allowed)
  })

  test('shows a closed schedule as closed at once', async () => {
    const { scheduleId, seats } = await openSchedule()
    await seats()
    await underTest.call('PATCH', `/admin/schedules/${scheduleId}`, {
      admin: true,
      body: { status: 'CLOSED' },
    })
    expect(SeatMap.parse((await seats()).data).scheduleInfo.status).toBe('CLOSED')
  })
})

describe('who may see the seats', () => {
  test.each([
    ['no token', undefined, 401, 'QUEUE_TOKEN_REQUIRED'],
    ['a value that is no token', 'abc', 401, 'QUEUE_TOKEN_INVALID'],
    ['an unknown token', '0198f0f0-0000-7000-8000-000000000000', 401, 'QUEUE_TOKEN_INVALID'],
  ])('%s is refused', async (_what, token, status, code) => {
    const { path } = await openSchedule()
    for (const end of ['/seats', '/seats/events']) {
      const headers = token === undefined ? {} : { 'Queue-Token': token }
      const answer = await underTest.call('GET', path + end, { headers })
      expect([answer.status, answer.error?.code]).toEqual([status, code])
    }
  })

  test('a waiting token, and one of another schedule, are refused', async () => {
    const { path, scheduleId } = await openSchedule()
    const ask = (token: string) =>
      underTest.call('GET', `${path}/seats`, { headers: { 'Queue-Token': token } })
    const waiting = await ask(underTest.queueToken(scheduleId, { status: 'WAITING' }))
    expect([waiting.status, waiting.error?.code]).toEqual([403, 'QUEUE_TOKEN_NOT_ACTIVE'])
    expect((await ask(underTest.queueToken(scheduleId + 1))).error?.code).toBe('QUEUE_TOKEN_INVALID')
  })

  test('a bearer token must be of the same user', async () => {
    const { path, headers } = await openSchedule()
    expect((await underTest.call('GET', `${path}/seats`, { user: '101', headers })).status).toBe(200)
    const other = await underTest.call('GET', `${path}/seats`, { user: '102', headers })
    expect([other.status, other.error?.code]).toEqual([401, 'QUEUE_TOKEN_INVALID'])
    const forged = { ...headers, Authorization: 'Bearer x.y.z' }
    expect((await underTest.call('GET', `${path}/seats`, { headers: forged })).error?.code).toBe(
      'UNAUTHENTICATED',
    )
  })

  test('the cookie counts as the header does', async () => {
    const { path, headers } = await openSchedule()
    const cookie = `theme=dark; tokenId=${headers['Queue-Token']}`
    expect((await underTest.call('GET', `${path}/seats`, { headers: { cookie } })).status).toBe(200)
  })

  test('an unknown schedule, or one of another concert, is 404', async () => {
    const { scheduleId, headers } = await openSchedule()
    const other = await underTest.createConcert()
    const answer = await underTest.call('GET', `/concerts/${other}/schedules/${scheduleId}/seats`, {
      headers,
    })
    expect([answer.status, answer.error?.code]).toEqual([404, 'SCHEDULE_NOT_FOUND'])
  })
})

describe('seat events', () => {
  /** Reads a stream in the background; `events` grows. */
  async function listen(path: string, headers: Record<string, string>) {
    const abort = new AbortController()
    const response = await fetch(underTest.url(`${path}/seats/events`), { headers, signal: abort.signal })
    const stream = { response, events: [] as { event: string; data: unknown }[], ended: false, abort }
    const read = async (): Promise<void> => {
      let text = ''
      const decoder = new TextDecoder()
      for await (const chunk of response.body ?? []) {
        text += decoder.decode(chunk, { stream: true })
        const parts = text.split('\n\n')
        text = parts.pop() ?? ''
        for (const part of parts) {
          const found = /^event: (?<event>.*)\ndata: (?<data>.*)$/.exec(part)?.groups
          if (found)
            stream.events.push({ event: found['event'] ?? '', data: JSON.parse(found['data'] ?? '') })
        }
      }
      stream.ended = true
    }
    const done = read().catch(() => {
      stream.ended = true
    })
    return { ...stream, events: stream.events, done, hasEnded: () => stream.ended }
  }

  test('tell what is taken, then what changes, to everybody who listens', async () => {
    const { scheduleId, path, headers, seats } = await openSchedule()
    underTest.neighbours.taken = { held: [3], sold: [4] }
    await eventually(async () => expect(statusOf(await seats(), 3)).toBe('HOLD'), { withinMs: 1_000 })
    const listeners = [await listen(path, headers), await listen(path, headers)]
    expect(listeners[0]?.response.headers.get('content-type')).toMatch('text/event-stream')
    const snapshot = {
      event: 'snapshot',
      data: {
        scheduleId,
        seats: [
          { seatId: 3, status: 'HOLD' },
          { seatId: 4, status: 'SOLD_OUT' },
        ],
      },
    }
    for (const { events } of listeners) await eventually(() => expect(events).toEqual([snapshot]))
    underTest.neighbours.taken = { held: [5], sold: [3, 4] }
    const change = {
      event: 'change',
      data: {
        seats: [
          { seatId: 3, status: 'SOLD_OUT' },
          { seatId: 5, status: 'HOLD' },
        ],
      },
    }
    for (const { events } of listeners) {
      await eventually(() => expect(events).toEqual([snapshot, change]), { withinMs: 1_000 })
    }
    for (const { abort, done } of listeners) {
      abort.abort()
      await done
    }
    // Nobody listens any more, so no stream is left open.
    const metrics = `http://127.0.0.1:${underTest.catalog.ports.ops}/metrics`
    await eventually(async () => {
      expect(await (await fetch(metrics)).text()).toMatch(/^catalog_seat_event_streams\{.*\} 0$/m)
    })
  })

  test('end when the queue token does', async () => {
    const { path, scheduleId } = await openSchedule()
    const token = underTest.queueToken(scheduleId, { activeUntilMs: Date.now() + 700 })
    const { events, done } = await listen(path, { 'Queue-Token': token })
    await done
    expect(events.at(-1)).toEqual({ event: 'end', data: { reason: 'TOKEN_ENDED' } })
  })
})

test('without the reservation service the map is refused, not shown as free', async () => {
  const alone = await startCatalogUnderTest({ env: { RESERVATION_GRPC: '127.0.0.1:1' } })
  try {
    const { path, scheduleId } = await alone.createSchedule()
    const headers = { 'Queue-Token': alone.queueToken(scheduleId) }
    for (const end of ['/seats', '/seats/events']) {
      const answer = await alone.call('GET', path + end, { headers })
      expect([answer.status, answer.error?.code]).toEqual([503, 'UNAVAILABLE'])
      expect(answer.headers.get('retry-after')).not.toBeNull()
    }
    expect((await alone.call('GET', path)).status).toBe(200)
  } finally {
    await alone.dispose()
  }
})

test('a stop ends open streams at once', async () => {
  const other = await startCatalogUnderTest()
  const { path, scheduleId } = await other.createSchedule()
  const headers = { 'Queue-Token': other.queueToken(scheduleId) }
  const response = await fetch(other.url(`${path}/seats/events`), { headers })
  const began = Date.now()
  const text = response.text()
  await other.dispose()
  expect(await text).toMatch(/event: end\ndata: {"reason":"STOPPING"}/)
  expect(Date.now() - began).toBeLessThan(5_000)
})
