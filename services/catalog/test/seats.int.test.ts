import { once } from 'node:events'
import { get } from 'node:http'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
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
    await eventually(async () => {
      const answer = await seats()
      expect([statusOf(answer, 7), statusOf(answer, 8)]).toEqual(['HOLD', 'SOLD_OUT'])
      expect(SeatMap.parse(answer.data).scheduleInfo.availableSeats).toBe(48)
    })
    underTest.neighbours.taken = { held: [], sold: [8] }
    await eventually(async () => expect(statusOf(await seats(), 7)).toBe('AVAILABLE'))
  })

  test('is 304 until a seat changes', async () => {
    const { seats } = await openSchedule()
    const tag = (await seats()).headers.get('etag') ?? ''
    expect(tag).toMatch(/^W\/"/)
    for (const sent of [tag, tag.replace('W/', ''), `"other", ${tag}`]) {
      const unchanged = await seats('', { 'If-None-Match': sent })
      expect([unchanged.status, unchanged.headers.get('etag')]).toEqual([304, tag])
    }
    underTest.neighbours.taken = { held: [1], sold: [] }
    await eventually(async () => {
      const changed = await seats('', { 'If-None-Match': tag })
      expect(changed.status).toBe(200)
      expect(changed.headers.get('etag')).not.toBe(tag)
    })
  })

  test('filters by status and grade', async () => {
    const { seats } = await openSchedule()
    underTest.neighbours.taken = { held: [1, 30], sold: [2] }
    await eventually(async () => expect(statusOf(await seats(), 1)).toBe('HOLD'))
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

describe('compression', () => {
  /** The bytes as they were sent, without what fetch would do to them. */
  async function raw(path: string, headers: Record<string, string>) {
    const asked = get(underTest.url(path), { headers })
    const [response] = await once(asked, 'response')
    const chunks: Buffer[] = []
    for await (const chunk of response) chunks.push(chunk)
    return { headers: response.headers, body: Buffer.concat(chunks) }
  }

  test.each([
    [undefined, undefined],
    ['identity', undefined],
    ['gzip', 'gzip'],
    ['gzip, deflate, br, zstd', 'br'],
    ['gzip, br;q=0', 'gzip'],
    ['deflate', undefined],
    ['*', 'br'],
  ])('for Accept-Encoding %s it is %s, with one tag for all', async (accepted, coding) => {
    const { path, headers, seats } = await openSchedule()
    const { tag, text } = {
      tag: (await seats()).headers.get('etag'),
      text: await raw(`${path}/seats`, headers),
    }
    const sent = await raw(`${path}/seats`, {
      ...headers,
      ...(accepted === undefined ? {} : { 'accept-encoding': accepted }),
    })
    expect(sent.headers).toMatchObject({
      etag: tag,
      vary: 'Accept-Encoding',
      'cache-control': 'private, no-cache',
    })
    expect(sent.headers['content-encoding']).toBe(coding)
    expect(sent.headers['content-length']).toBe(String(sent.body.length))
    const decoded =
      coding === 'br'
        ? brotliDecompressSync(sent.body)
        : coding === 'gzip'
          ? gunzipSync(sent.body)
          : sent.body
    expect(decoded.equals(text.body)).toBe(true)
  })
})

describe('the compact form', () => {
  const Compact = z.object({
    scheduleInfo: z.looseObject({ availableSeats: z.number() }),
    layoutEndpoint: z.string(),
    states: z.string(),
  })

  test('tells the states in the order of the layout, and is 304 until one changes', async () => {
    const { path, headers } = await openSchedule()
    const states = (more = {}) =>
      underTest.call('GET', `${path}/seats/states`, { headers: { ...headers, ...more } })
    const first = await states()
    expect(Compact.parse(first.data)).toMatchObject({ states: 'A'.repeat(50) })
    const tag = first.headers.get('etag') ?? ''
    expect((await states({ 'If-None-Match': tag })).status).toBe(304)
    underTest.neighbours.taken = { held: [1, 50], sold: [2] }
    await eventually(async () => {
      const changed = await states({ 'If-None-Match': tag })
      expect(changed.status).toBe(200)
      const { scheduleInfo, states: letters } = Compact.parse(changed.data)
      expect([letters, scheduleInfo.availableSeats]).toEqual([`HS${'A'.repeat(47)}H`, 47])
    })
  })

  test('names a layout that everybody may keep for good, with each seat but its state', async () => {
    const { path, headers, seats } = await openSchedule()
    const compact = await underTest.call('GET', `${path}/seats/states`, { headers })
    const { layoutEndpoint } = Compact.parse(compact.data)
    const map = await seats()
    expect(map.data).toMatchObject({ layoutEndpoint })
    const { status, headers: sent, data } = await underTest.call('GET', layoutEndpoint.replace('/api/v1', ''))
    expect([status, sent.get('cache-control')]).toEqual([200, 'public, max-age=31536000, immutable'])
    const layout = z.object({ seats: z.array(z.looseObject({ seatId: z.number() })) }).parse(data)
    expect(layout.seats.map((seat) => ({ ...seat, status: 'AVAILABLE' }))).toEqual(
      SeatMap.parse(map.data).seats,
    )
  })

  test('another version of the layout, and that of another schedule, is 404', async () => {
    const { path } = await openSchedule()
    const code = async (end: string) => (await underTest.call('GET', `${path}${end}`)).error?.code
    expect(await code('/seats/layout/x')).toBe('SEAT_LAYOUT_NOT_FOUND')
    expect(await code('/seats/layout/x.y')).toBe('INVALID_REQUEST')
    const unknown = await underTest.call('GET', '/concerts/1/schedules/999999/seats/layout/x')
    expect(unknown.error?.code).toBe('SCHEDULE_NOT_FOUND')
  })
})

describe('one seat', () => {
  test('is as the map has it, within a second of a change', async () => {
    const { path, headers, seats } = await openSchedule()
    const seat = (id: number | string) => underTest.call('GET', `${path}/seats/${id}`, { headers })
    expect((await seat(21)).data).toEqual(SeatMap.parse((await seats()).data).seats[20])
    underTest.neighbours.taken = { held: [], sold: [21] }
    await eventually(async () => expect((await seat(21)).data).toMatchObject({ status: 'SOLD_OUT' }))
  })

  test('that is not there is 404, and what is no id 400', async () => {
    const { path, headers } = await openSchedule()
    const seat = (id: number | string) => underTest.call('GET', `${path}/seats/${id}`, { headers })
    const missing = await seat(51)
    expect([missing.status, missing.error]).toMatchObject([
      404,
      { code: 'SEAT_NOT_FOUND', details: { seatIds: [51] } },
    ])
    for (const id of ['0', 'x', '1.5']) expect((await seat(id)).error?.code).toBe('INVALID_REQUEST')
  })
})

describe('who may see the seats', () => {
  test.each([
    ['no token', undefined, 401, 'QUEUE_TOKEN_REQUIRED'],
    ['a value that is no token', 'abc', 401, 'QUEUE_TOKEN_INVALID'],
    ['an unknown token', '0198f0f0-0000-7000-8000-000000000000', 401, 'QUEUE_TOKEN_INVALID'],
  ])('%s is refused', async (_what, token, status, code) => {
    const { path } = await openSchedule()
    for (const end of ['/seats', '/seats/states', '/seats/1', '/seats/events']) {
      const headers = token === undefined ? {} : { 'Queue-Token': token }
      const answer = await underTest.call('GET', path + end, { headers })
      expect([answer.status, answer.error?.code]).toEqual([status, code])
    }
  })

  test('a token is asked about each time, so that one that was left shows nothing from then on', async () => {
    const { headers, seats } = await openSchedule()
    expect((await seats()).status).toBe(200)
    underTest.neighbours.tokens.delete(headers['Queue-Token'])
    expect((await seats()).error?.code).toBe('QUEUE_TOKEN_INVALID')
  })

  test('a crowd shares the calls to the waiting room', async () => {
    const { seats } = await openSchedule()
    await seats()
    const before = underTest.neighbours.verifyCalls
    await Promise.all(Array.from({ length: 200 }, () => seats()))
    expect(underTest.neighbours.verifyCalls - before).toBeLessThan(180)
  })

  test('a waiting token, and one of another schedule, are refused', async () => {
    const { path, scheduleId } = await openSchedule()
    const ask = (token: string) =>
      underTest.call('GET', `${path}/seats`, { headers: { 'Queue-Token': token } })
    const waiting = await ask(underTest.queueToken(scheduleId, { status: 'QUEUE_TOKEN_NOT_ACTIVE' }))
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

test('without the reservation service the map is refused, not shown as free', async () => {
  const alone = await startCatalogUnderTest({ env: { RESERVATION_GRPC: '127.0.0.1:1' } })
  try {
    const { path, scheduleId } = await alone.createSchedule()
    const headers = { 'Queue-Token': alone.queueToken(scheduleId) }
    for (const end of ['/seats', '/seats/states', '/seats/1', '/seats/events']) {
      const answer = await alone.call('GET', path + end, { headers })
      expect([answer.status, answer.error?.code]).toEqual([503, 'UNAVAILABLE'])
      expect(answer.headers.get('retry-after')).not.toBeNull()
    }
    expect((await alone.call('GET', path)).status).toBe(200)
  } finally {
    await alone.dispose()
  }
})
