import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { eventually } from '@frontrow/test-kit/eventually'
import { startRunningService } from './running-service.ts'
import type { RunningService } from './running-service.ts'

const UUIDV7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

let running: RunningService

beforeAll(async () => {
  // The sweeper hardly ever runs, because these tests show that nothing depends on it.
  running = await startRunningService({ env: { SWEEP_EVERY_MS: '60000' } })
})
afterAll(() => running.stop())

describe('POST /reservations', () => {
  test('holds the named seats for five minutes, and tells with the hold which place made it', async () => {
    const { neighbours } = running
    neighbours.verified = 0
    const { status, data } = await running.hold('101', { scheduleId: 1, seatIds: [1002, 1001] })
    expect(status).toBe(201)
    expect(data).toEqual({
      reservationId: expect.stringMatching(UUIDV7),
      reservationNumber: expect.stringMatching(/^FR-[2-9A-Z]{10}$/),
      userId: '101',
      scheduleId: 1,
      seats: [
        { seatId: 1001, seatNumber: 1, section: 'A', row: '1', grade: 'VIP', price: 1_500 },
        { seatId: 1002, seatNumber: 2, section: 'A', row: '1', grade: 'VIP', price: 1_500 },
      ],
      totalAmount: 3_000,
      status: 'HOLD',
      reservedAt: expect.any(String),
      expiresAt: expect.any(String),
      holdSecondsLeft: expect.any(Number),
      remainingAllowance: 4,
      releasesLeft: 36,
    })
    expect(Date.parse(data.expiresAt) - Date.parse(data.reservedAt)).toBe(300_000)
    expect(data.holdSecondsLeft).toBeGreaterThan(290)
    expect(data.holdSecondsLeft).toBeLessThanOrEqual(300)
    const queuePlace = { sequence: neighbours.sequence }
    expect(await running.told(data.reservationId)).toEqual([
      {
        type: 'ReservationHeld',
        payload: expect.objectContaining({ expiresAt: data.expiresAt, queuePlace }),
      },
    ])
    // One hop to the waiting room is all that a hold costs.
    expect(neighbours.verified).toBe(1)
  })

  test('takes all seats or none, and says which were taken', async () => {
    await running.hold('111', { scheduleId: 1, seatIds: [1011] })
    const refused = await running.hold('112', { scheduleId: 1, seatIds: [1010, 1011, 1012] })
    expect(refused).toMatchObject({ status: 409, code: 'SEAT_TAKEN', details: { seatIds: [1011] } })
    const others = await running.hold('112', { scheduleId: 1, seatIds: [1010, 1012] })
    expect(others.status).toBe(201)
  })

  test('a user has at most six seats of a schedule', async () => {
    const six = await running.hold('121', { scheduleId: 2, seatIds: [2001, 2002, 2003, 2004, 2005] })
    expect(six.status).toBe(201)
    const refused = await running.hold('121', { scheduleId: 2, seatIds: [2006, 2007] })
    expect(refused).toMatchObject({
      status: 422,
      code: 'SEAT_LIMIT_EXCEEDED',
      details: { limit: 6, held: 5, requested: 2 },
    })
    expect((await running.hold('121', { scheduleId: 2, seatIds: [2006] })).status).toBe(201)
  })

  test('best available seats are side by side, and of the wanted grade', async () => {
    const first = await running.hold('131', { scheduleId: 2, quantity: 4, grade: 'R' })
    expect(first.data.seats.map((seat: { seatNumber: number }) => seat.seatNumber)).toEqual([23, 24, 25, 26])
    const second = await running.hold('132', { scheduleId: 2, quantity: 3, grade: 'R' })
    // The four seats that are left of that row would leave one alone.
    expect(second.data.seats.map((seat: { seatNumber: number }) => seat.seatNumber)).toEqual([34, 35, 36])
    const third = await running.hold('134', { scheduleId: 2, quantity: 2, section: 'A' })
    expect(third.data.seats.map((seat: { seatNumber: number }) => seat.seatNumber)).toEqual([7, 8])
    const none = await running.hold('133', { scheduleId: 2, quantity: 2, grade: 'S' })
    // A grade that does not exist is not the same as one that is sold out.
    expect(none).toMatchObject({ status: 404, code: 'SEAT_NOT_FOUND' })
    const nowhere = await running.hold('133', { scheduleId: 2, quantity: 2, grade: 'R', section: 'B' })
    expect(nowhere).toMatchObject({ status: 404, details: { grade: 'R', section: 'B' } })
  })

  test.each([
    ['both choices', { scheduleId: 1, seatIds: [1020], quantity: 1 }, 'seatIds'],
    ['both choices', { scheduleId: 1, seatIds: [1020], quantity: 1 }, 'quantity'],
    ['a seat and seats', { scheduleId: 1, seatId: 1020, seatIds: [1021] }, 'seatId'],
    ['no choice', { scheduleId: 1 }, 'seatIds'],
    ['no choice', { scheduleId: 1 }, 'quantity'],
    ['a section without quantity', { scheduleId: 1, seatId: 1020, section: 'A' }, 'section'],
    ['a split without quantity', { scheduleId: 1, seatId: 1020, allowSplit: true }, 'allowSplit'],
    ['a price that is none', { scheduleId: 1, seatId: 1020, price: -1 }, 'price'],
    ['an amount as text', { scheduleId: 1, seatId: 1020, totalAmount: '1500' }, 'totalAmount'],
    ['a seat twice', { scheduleId: 1, seatIds: [1020, 1020] }, 'seatIds'],
    ['no seats', { scheduleId: 1, seatIds: [] }, 'seatIds'],
    ['a grade without quantity', { scheduleId: 1, seatIds: [1020], grade: 'VIP' }, 'grade'],
    ['a number as text', { scheduleId: '1', seatIds: [1020] }, 'scheduleId'],
  ])('%s is INVALID_REQUEST and names the field', async (_name, body, field) => {
    const refused = await running.hold('141', body)
    expect(refused).toMatchObject({ status: 400, code: 'INVALID_REQUEST' })
    expect(refused.details).toEqual(expect.arrayContaining([expect.objectContaining({ field })]))
  })

  test('a misspelt field is INVALID_REQUEST', async () => {
    const refused = await running.hold('141', { scheduleId: 1, seatIds: [1020], seatsIds: [1021] })
    expect(refused).toMatchObject({ status: 400, code: 'INVALID_REQUEST' })
  })

  test('unknown seats and schedules are 404', async () => {
    expect(await running.hold('142', { scheduleId: 1, seatIds: [1001, 7] })).toMatchObject({
      status: 404,
      code: 'SEAT_NOT_FOUND',
      details: { seatIds: [7] },
    })
    expect(await running.hold('142', { scheduleId: 77, seatIds: [1] })).toMatchObject({
      status: 404,
      code: 'SCHEDULE_NOT_FOUND',
    })
  })

  test('before the window and after the sale there is no hold', async () => {
    for (const scheduleId of [3, 4]) {
      const refused = await running.hold('143', { scheduleId, seatIds: [scheduleId * 1_000 + 1] })
      expect(refused).toMatchObject({ status: 409, code: 'BOOKING_NOT_OPEN' })
    }
  })

  test('without an ACTIVE queue token there is no hold', async () => {
    const body = { scheduleId: 1, seatIds: [1030] }
    expect(await running.hold('144', body, { 'queue-token': '' })).toMatchObject({
      status: 401,
      code: 'QUEUE_TOKEN_REQUIRED',
    })
    const waiting = '0190aaaa-0000-7000-8000-000000000001'
    running.neighbours.refusedTokens.set(waiting, 'QUEUE_TOKEN_NOT_ACTIVE')
    expect(await running.hold('144', body, { 'queue-token': waiting })).toMatchObject({
      status: 403,
      code: 'QUEUE_TOKEN_NOT_ACTIVE',
    })
  })

  test('only admins hold for somebody else', async () => {
    const body = { scheduleId: 1, seatIds: [1031], userId: 145 }
    expect(await running.hold('146', body)).toMatchObject({ status: 403, code: 'FORBIDDEN' })
    const held = await running.call('1', 'POST', '/reservations', { body, admin: true })
    expect(held).toMatchObject({ status: 201, data: { userId: '145' } })
  })

  test('stands where the waiting room is of an older version, which does not say whose place it is', async () => {
    const { neighbours } = running
    const { sequence } = neighbours
    neighbours.sequence = 0
    try {
      const held = await running.hold('147', { scheduleId: 1, seatIds: [1032] })
      expect(held.status).toBe(201)
      const [event] = await running.told(held.data.reservationId)
      expect(event?.payload['queuePlace']).toBeNull()
    } finally {
      neighbours.sequence = sequence
    }
  })

  test('takes the cookie of its own schedule before that of the latest token, and the header before both', async () => {
    const [own, latest, sent] = ['1', '2', '3'].map((last) => `0190aaaa-0000-7000-8000-00000000010${last}`)
    const codes = ['QUEUE_TOKEN_NOT_ACTIVE', 'QUEUE_TOKEN_INVALID', 'UNAVAILABLE'] as const
    for (const [index, token] of [own, latest, sent].entries()) {
      running.neighbours.refusedTokens.set(String(token), codes[index] ?? 'UNAVAILABLE')
    }
    const hold = async (cookie: string, header = ''): Promise<unknown> =>
      (await running.hold('148', { scheduleId: 1, seatIds: [1033] }, { cookie, 'queue-token': header })).code
    expect(await hold(`tokenId=${latest}; tokenId_1=${own}`)).toBe('QUEUE_TOKEN_NOT_ACTIVE')
    expect(await hold(`tokenId_1=${own}; tokenId_2=${sent}; tokenId=${latest}`)).toBe(
      'QUEUE_TOKEN_NOT_ACTIVE',
    )
    expect(await hold(`tokenId_2=${own}; tokenId_11=${sent}; tokenId=${latest}`)).toBe('QUEUE_TOKEN_INVALID')
    expect(await hold(`tokenId=${latest}; tokenId_1=${own}`, sent)).toBe('UNAVAILABLE')
  })
})

describe('Idempotency-Key', () => {
  test('the same request again gets the first answer and holds nothing more, even with a token that is used', async () => {
    const body = { scheduleId: 2, seatIds: [2101, 2102] }
    const first = await running.hold('201', body, { 'idempotency-key': 'k-1' })
    const again = await running.hold('201', body, { 'idempotency-key': 'k-1' })
    expect(again).toMatchObject({ status: 201, data: first.data })
    expect(again.headers.get('idempotency-replayed')).toBe('true')
    expect(first.headers.get('idempotency-replayed')).toBeNull()
    const used = '0190aaaa-0000-7000-8000-000000000002'
    running.neighbours.refusedTokens.set(used, 'QUEUE_TOKEN_INVALID')
    const later = await running.hold('201', body, { 'idempotency-key': 'k-1', 'queue-token': used })
    expect(later).toMatchObject({ status: 201, data: first.data })
    const fresh = await running.hold('201', body, { 'idempotency-key': 'k-unused', 'queue-token': used })
    expect(fresh).toMatchObject({ status: 401, code: 'QUEUE_TOKEN_INVALID' })
  })

  test('the same request again tells others nothing more', async () => {
    const again = () => running.hold('206', { scheduleId: 2, seatIds: [2105] }, { 'idempotency-key': 'k-5' })
    const first = await again()
    expect((await again()).data).toEqual(first.data)
    expect(await running.told(first.data.reservationId)).toHaveLength(1)
  })

  test('the same seats in another order are the same request, and other seats are not', async () => {
    const key = { 'idempotency-key': 'k-6' }
    const first = await running.hold('207', { scheduleId: 2, seatIds: [2107, 2106] }, key)
    const again = await running.hold('207', { scheduleId: 2, seatIds: [2106, 2107] }, key)
    expect(again).toMatchObject({ status: 201, data: first.data })
    const other = await running.hold('207', { scheduleId: 2, seatIds: [2106, 2108] }, key)
    expect(other).toMatchObject({ status: 422, code: 'IDEMPOTENCY_KEY_REUSED' })
  })

  test('another body under the same key is refused', async () => {
    await running.hold('202', { scheduleId: 2, seatIds: [2111] }, { 'idempotency-key': 'k-2' })
    const reused = await running.hold('202', { scheduleId: 2, seatIds: [2112] }, { 'idempotency-key': 'k-2' })
    expect(reused).toMatchObject({ status: 422, code: 'IDEMPOTENCY_KEY_REUSED' })
  })

  test('ten at once with one key make one reservation', async () => {
    const body = { scheduleId: 2, quantity: 2, grade: 'R' }
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => running.hold('203', body, { 'idempotency-key': 'k-3' })),
    )
    expect(answers.map((answer) => answer.status)).toEqual(Array.from({ length: 10 }, () => 201))
    expect(new Set(answers.map((answer) => answer.data.reservationId)).size).toBe(1)
    const mine = await running.call('203', 'GET', '/reservations')
    expect(mine.data.items).toHaveLength(1)
  })

  test('a refusal stores nothing: the same key works once the seat is free', async () => {
    const other = await running.hold('204', { scheduleId: 2, seatIds: [2121] })
    const body = { scheduleId: 2, seatIds: [2121] }
    const refused = await running.hold('205', body, { 'idempotency-key': 'k-4' })
    expect(refused.code).toBe('SEAT_TAKEN')
    await running.call('204', 'POST', `/reservations/${other.data.reservationId}/cancel`)
    expect((await running.hold('205', body, { 'idempotency-key': 'k-4' })).status).toBe(201)
  })
})

describe('reading reservations', () => {
  test('one shows the seconds left; somebody else sees 404; an admin sees it', async () => {
    const held = await running.hold('301', { scheduleId: 2, seatIds: [2201] })
    const path = `/reservations/${held.data.reservationId}`
    const mine = await running.call('301', 'GET', path)
    const { remainingAllowance: _, releasesLeft: __, ...facts } = held.data
    expect(mine.data).toEqual({
      ...facts,
      holdSecondsLeft: expect.any(Number),
      refreshesLeft: 2,
      confirmedAt: null,
      cancelledAt: null,
      refund: null,
      onceReleased: { releasesLeft: 35, holdAgainAt: null },
      schedule: expect.objectContaining({
        concertTitle: expect.any(String),
        timeZone: 'Asia/Seoul',
        status: 'ON_SALE',
      }),
    })
    expect(mine.data.holdSecondsLeft).toBeGreaterThan(290)
    expect(mine.data.holdSecondsLeft).toBeLessThanOrEqual(300)
    expect(await running.call('302', 'GET', path)).toMatchObject({
      status: 404,
      code: 'RESERVATION_NOT_FOUND',
    })
    expect((await running.call('1', 'GET', path, { admin: true })).status).toBe(200)
    expect((await running.call('301', 'GET', '/reservations/nonsense')).status).toBe(400)
  })

  test('a hold past its deadline reads EXPIRED without any sweeper, alone and in lists', async () => {
    const held = await running.hold('303', { scheduleId: 2, seatIds: [2202] })
    await running.hold('303', { scheduleId: 2, seatIds: [2203] })
    await running.lapse(held.data.reservationId)
    const read = await running.call('303', 'GET', `/reservations/${held.data.reservationId}`)
    expect(read.data).toMatchObject({ status: 'EXPIRED', holdSecondsLeft: 0, refreshesLeft: 0 })
    const expired = await running.call('303', 'GET', '/reservations?status=EXPIRED')
    expect(expired.data.items).toHaveLength(1)
    const holds = await running.call('303', 'GET', '/reservations?status=HOLD')
    expect(holds.data.items).toHaveLength(1)
  })

  test('a list is paged, newest first, each reservation once', async () => {
    const made: string[] = []
    for (const seatId of [2211, 2212, 2213, 2214, 2215]) {
      made.push((await running.hold('304', { scheduleId: 2, seatIds: [seatId] })).data.reservationId)
    }
    const seen: string[] = []
    let cursor = ''
    do {
      const page = await running.call('304', 'GET', `/reservations?limit=2${cursor}`)
      seen.push(...page.data.items.map((item: { reservationId: string }) => item.reservationId))
      cursor = page.data.nextCursor === null ? '' : `&cursor=${page.data.nextCursor}`
    } while (cursor !== '')
    expect(seen).toEqual(made.toReversed())
    expect((await running.call('304', 'GET', '/reservations?cursor=zzz')).code).toBe('INVALID_REQUEST')
    expect((await running.call('304', 'GET', '/reservations?limit=0')).code).toBe('INVALID_REQUEST')
  })
})

test('while holds wait for a lock people read their reservations, and the holds end as 503 with Retry-After', async () => {
  const { data } = await running.hold('401', { scheduleId: 2, seatIds: [2300] })
  const locker = await running.db.connect()
  try {
    // It lets everybody read, and nobody write.
    await locker.query('BEGIN; LOCK TABLE seat_holds IN EXCLUSIVE MODE')
    let answered = 0
    const holds = Array.from({ length: 60 }, async (_, number) => {
      const answer = await running.hold(`${410 + number}`, { scheduleId: 2, seatIds: [2301 + number] })
      answered += 1
      return answer
    })
    const metrics = `http://127.0.0.1:${running.service.ports.ops}/metrics`
    await eventually(async () => {
      const text = await (await fetch(metrics)).text()
      const waiting = /^pg_pool_main_connections\{.*state="waiting".*\} (\d+)$/m.exec(text)?.[1]
      expect(Number(waiting)).toBeGreaterThanOrEqual(40)
    })
    const before = answered
    const read = await running.call('401', 'GET', `/reservations/${data.reservationId}`)
    expect(read.status).toBe(200)
    // Whoever waits for a connection behind those holds is answered after them.
    expect(answered - before).toBeLessThan(30)
    const first = await Promise.race(holds)
    expect(first).toMatchObject({ status: 503, code: 'UNAVAILABLE' })
    expect(first.headers.get('retry-after')).toMatch(/^[1-9]$/)
    await locker.query('ROLLBACK')
    for (const { status } of await Promise.all(holds)) expect([201, 503]).toContain(status)
  } finally {
    locker.release(true)
  }
})
