import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { inTransaction } from '@frontrow/postgres/transaction'
import { createSchedule } from '../src/create-schedule.ts'
import { listSchedules } from '../src/list-schedules.ts'
import type { DateRange } from '../src/list-schedules.ts'
import { readSchedules } from '../src/sql/schedules.ts'
import { numberIn, startCatalogUnderTest } from './catalog-under-test.ts'
import type { CatalogUnderTest } from './catalog-under-test.ts'

let underTest: CatalogUnderTest

beforeAll(async () => {
  underTest = await startCatalogUnderTest()
})

afterAll(() => underTest.dispose())

const createVenue = async (timeZone: string): Promise<number> => {
  const body = { name: 'Hall', timeZone }
  return numberIn(await underTest.call('POST', '/admin/venues', { admin: true, body }), 'venueId')
}

/** A context that lives at another time. */
const at = (now: string) => ({ ...underTest.catalog.ctx, now: () => new Date(now) })

/** Performances of one concert at these moments, until which they can be booked; those that have begun are listed as CLOSED. */
async function perform(
  performances: readonly (readonly [venueId: number, at: string])[],
): Promise<{ concertId: number; list: (now: string, dates?: DateRange) => Promise<string[]> }> {
  const concertId = await underTest.createConcert()
  const before = '2020-01-01T00:00:00Z'
  for (const [venueId, moment] of performances) {
    const command = {
      concertId,
      venueId,
      performanceAt: new Date(moment),
      waitingRoomOpenAt: undefined,
      bookingOpenAt: new Date(before),
      bookingCloseAt: new Date(moment),
      noOrphanSeats: false,
      refundableUntil: null,
      sections: [{ section: 'A', grade: 'R', price: 1, rows: 1, seatsPerRow: 10 }],
    }
    const ctx = at(before)
    await inTransaction(ctx.pool, (tx) => createSchedule(ctx, tx, command))
  }
  return {
    concertId,
    list: async (now, dates = {}) => {
      const ofStatus = (status: 'ON_SALE' | 'CLOSED') => listSchedules(at(now), { concertId, dates, status })
      const found = [...(await ofStatus('CLOSED')), ...(await ofStatus('ON_SALE'))]
      return found.map(({ performanceDate, performanceTime }) => `${performanceDate} ${performanceTime}`)
    },
  }
}

test('a show in the morning in Seoul is listed on its own day', async () => {
  const venueId = await createVenue('Asia/Seoul')
  const { concertId } = await perform([[venueId, '2099-12-24T08:00:00+09:00']])
  const list = async (day: string) =>
    (await underTest.call('GET', `/concerts/${concertId}/schedules?fromDate=${day}&toDate=${day}`)).data
  expect(await list('2099-12-24')).toMatchObject([
    { performanceDate: '2099-12-24', performanceTime: '08:00:00', timeZone: 'Asia/Seoul' },
  ])
  expect(await list('2099-12-23')).toEqual([])
  expect(await list('2099-12-25')).toEqual([])
})

test.each([
  // Half hours, quarters, and both sides of the date line.
  ['Asia/Kathmandu', '2027-05-01T18:15:00Z', '2027-05-02 00:00:00'],
  ['Asia/Kolkata', '2027-05-01T18:29:59Z', '2027-05-01 23:59:59'],
  ['Pacific/Kiritimati', '2027-05-01T10:00:00Z', '2027-05-02 00:00:00'],
  ['Pacific/Pago_Pago', '2027-05-02T10:59:59Z', '2027-05-01 23:59:59'],
  ['Etc/GMT+12', '2027-05-02T11:59:59Z', '2027-05-01 23:59:59'],
  // A day of 23 hours, with the moment before its clocks go forward and the one after.
  ['America/New_York', '2027-03-14T06:59:59Z', '2027-03-14 01:59:59'],
  ['America/New_York', '2027-03-14T07:00:00Z', '2027-03-14 03:00:00'],
  // A day of 25 hours, with the same time of day twice.
  ['America/New_York', '2027-11-07T05:30:00Z', '2027-11-07 01:30:00'],
  ['America/New_York', '2027-11-07T06:30:00Z', '2027-11-07 01:30:00'],
  // Midnight comes twice, and midnight does not come at all.
  ['America/Havana', '2027-11-07T04:30:00Z', '2027-11-07 00:30:00'],
  ['America/Santiago', '2027-09-05T04:00:00Z', '2027-09-05 01:00:00'],
  ['Australia/Lord_Howe', '2027-10-02T15:30:00Z', '2027-10-03 02:30:00'],
])('in %s the moment %s is %s, and is found on that day only', async (timeZone, moment, local) => {
  const { list } = await perform([[await createVenue(timeZone), moment]])
  const [day = ''] = local.split(' ')
  const next = (days: number) => new Date(Date.parse(day) + days * 86_400_000).toISOString().slice(0, 10)
  const on = (date: string) => list('2027-01-01T00:00:00Z', { fromDate: date, toDate: date })
  expect(await on(day)).toEqual([local])
  expect(await on(next(-1))).toEqual([])
  expect(await on(next(1))).toEqual([])
})

describe('the dates that are not asked for', () => {
  test('begin with today as it is at each venue', async () => {
    const kiritimati = await createVenue('Pacific/Kiritimati')
    const pagoPago = await createVenue('Pacific/Pago_Pago')
    const { list } = await perform([
      [kiritimati, '2027-05-01T09:59:59Z'],
      [kiritimati, '2027-05-01T10:00:00Z'],
      [pagoPago, '2027-05-01T10:59:59Z'],
      [pagoPago, '2027-05-01T11:00:00Z'],
    ])
    // It is half past midnight on 2 May there, and still 30 April here for half an hour.
    expect(await list('2027-05-01T10:30:00Z')).toEqual([
      '2027-05-02 00:00:00',
      '2027-04-30 23:59:59',
      '2027-05-01 00:00:00',
    ])
    expect(await list('2027-05-01T11:00:00Z')).toEqual(['2027-05-02 00:00:00', '2027-05-01 00:00:00'])
  })

  test.each([
    ['2027-01-31T12:00:00+09:00', '2027-02-28'],
    ['2028-01-31T12:00:00+09:00', '2028-02-29'],
    ['2027-10-31T12:00:00+09:00', '2027-11-30'],
    ['2026-12-31T12:00:00+09:00', '2027-01-31'],
    // 28 February in Seoul, while it is still the 27th in UTC.
    ['2027-02-28T00:30:00+09:00', '2027-03-28'],
  ])('end a month after today: at %s with %s', async (now, lastDay) => {
    const seoul = await createVenue('Asia/Seoul')
    const lastSecond = `${lastDay}T23:59:59+09:00`
    const tooLate = new Date(Date.parse(lastSecond) + 1_000).toISOString()
    const { list } = await perform([
      [seoul, lastSecond],
      [seoul, tooLate],
    ])
    expect(await list(now)).toEqual([`${lastDay} 23:59:59`])
  })

  test('end a month after a first day that is asked for', async () => {
    const seoul = await createVenue('Asia/Seoul')
    const { list } = await perform([
      [seoul, '2027-01-30T23:59:59+09:00'],
      [seoul, '2027-01-31T00:00:00+09:00'],
      [seoul, '2027-02-28T23:59:59+09:00'],
      [seoul, '2027-03-01T00:00:00+09:00'],
    ])
    expect(await list('2026-06-01T00:00:00Z', { fromDate: '2027-01-31' })).toEqual([
      '2027-01-31 00:00:00',
      '2027-02-28 23:59:59',
    ])
  })

  test('go over New Year', async () => {
    const kathmandu = await createVenue('Asia/Kathmandu')
    const { list } = await perform([
      [kathmandu, '2026-12-31T18:14:59Z'],
      [kathmandu, '2026-12-31T18:15:00Z'],
    ])
    expect(await list('2026-12-15T00:00:00Z')).toEqual(['2026-12-31 23:59:59', '2027-01-01 00:00:00'])
    const newYear = { fromDate: '2027-01-01', toDate: '2027-01-01' }
    expect(await list('2026-12-15T00:00:00Z', newYear)).toEqual(['2027-01-01 00:00:00'])
  })

  test('a last day that has passed everywhere is refused; one that goes on somewhere is not', async () => {
    const { list } = await perform([[await createVenue('Etc/GMT+12'), '2027-05-01T12:00:00Z']])
    const toDate = '2027-04-30'
    expect(await list('2027-05-01T11:59:59Z', { toDate })).toEqual([])
    await expect(list('2027-05-01T12:00:00Z', { toDate })).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
      details: [{ in: 'query', field: 'toDate', rule: 'must not be before today' }],
    })
  })
})

describe('a venue', () => {
  test('is shown with its time zone, as it is spelled', async () => {
    const body = { name: 'Dasarath', timeZone: 'asia/kathmandu' }
    const made = await underTest.call('POST', '/admin/venues', { admin: true, body })
    expect(made.data).toMatchObject({ name: 'Dasarath', timeZone: 'Asia/Kathmandu' })
    const list = await underTest.call('GET', '/admin/venues?limit=1', { admin: true })
    expect(list.data).toEqual({ items: [made.data], nextCursor: expect.any(String) })
  })

  test.each([
    'Asia/Soul',
    '',
    '+09:00',
    'KST',
    'UTC+9',
    // The first is known to PostgreSQL only, the second to Node only.
    'posix/Asia/Seoul',
    'SystemV/PST8',
    'A'.repeat(65),
    9,
  ])('with the time zone %j is refused', async (timeZone) => {
    const venueId = await createVenue('Asia/Seoul')
    for (const [method, path] of [
      ['POST', '/admin/venues'],
      ['PATCH', `/admin/venues/${venueId}`],
    ] as const) {
      const answer = await underTest.call(method, path, { admin: true, body: { name: 'Hall', timeZone } })
      expect([answer.status, answer.error?.code]).toEqual([400, 'INVALID_REQUEST'])
      expect(answer.error?.details).toMatchObject([{ in: 'body', field: 'timeZone' }])
    }
    const { data } = await underTest.call('GET', '/admin/venues?limit=1', { admin: true })
    expect(data).toMatchObject({ items: [{ venueId, timeZone: 'Asia/Seoul' }] })
  })

  test('in the wrong time zone can be cured; its performances stay at their moments', async () => {
    const venueId = await underTest.createVenue()
    const { concertId, list } = await perform([[venueId, '2099-12-23T23:00:00Z']])
    const now = '2099-12-23T00:00:00Z'
    expect(await list(now)).toEqual(['2099-12-23 23:00:00'])
    const change = { timeZone: 'Asia/Seoul', city: 'Seoul' }
    const changed = await underTest.call('PATCH', `/admin/venues/${venueId}`, { admin: true, body: change })
    expect(changed.status).toBe(200)
    expect(changed.data).toMatchObject({ venueId, name: 'Hall', ...change })
    expect(await list(now)).toEqual(['2099-12-24 08:00:00'])
    const { data } = await underTest.call('GET', `/concerts/${concertId}/schedules?fromDate=2099-12-24`)
    expect(data).toMatchObject([{ bookingCloseAt: '2099-12-23T23:00:00.000Z' }])
    const cleared = await underTest.call('PATCH', `/admin/venues/${venueId}`, {
      admin: true,
      body: { city: null },
    })
    expect(cleared.data).toMatchObject({ name: 'Hall', city: null, timeZone: 'Asia/Seoul' })
  })

  test('changes by an admin who names it and something of it', async () => {
    const venueId = await underTest.createVenue()
    const path = `/admin/venues/${venueId}`
    const empty = await underTest.call('PATCH', path, { admin: true, body: {} })
    expect([empty.status, empty.error?.code]).toEqual([400, 'INVALID_REQUEST'])
    const unknown = await underTest.call('PATCH', '/admin/venues/999999', {
      admin: true,
      body: { name: 'X' },
    })
    expect([unknown.status, unknown.error?.code]).toEqual([404, 'VENUE_NOT_FOUND'])
    for (const method of ['GET', 'PATCH']) {
      const body = method === 'PATCH' ? { body: { name: 'X' } } : {}
      const of = method === 'PATCH' ? path : '/admin/venues'
      expect((await underTest.call(method, of, { user: '101', ...body })).error?.code).toBe('FORBIDDEN')
    }
  })

  test('is listed once, newest first, however many are made meanwhile', async () => {
    const made = [await underTest.createVenue(), await underTest.createVenue(), await underTest.createVenue()]
    const page = async (query: string) => {
      const { data } = await underTest.call('GET', `/admin/venues?limit=2${query}`, { admin: true })
      const { items, nextCursor } = Object(data)
      return { ids: items.map((one: { venueId: number }) => one.venueId), nextCursor }
    }
    const first = await page('')
    expect(first.ids).toEqual([made[2], made[1]])
    await underTest.createVenue()
    expect((await page(`&cursor=${first.nextCursor}`)).ids[0]).toBe(made[0])
  })
})

test('a list reads the schedules of its days, not those of all time, also by a plan of an empty table', async () => {
  const { owner } = underTest
  const venueId = await createVenue('Asia/Seoul')
  const concertId = await underTest.createConcert()
  const wanted = {
    concertId,
    now: new Date('2027-05-31T23:59:59Z'),
    status: 'ON_SALE',
    limit: 1_000,
  } as const
  await owner.query('BEGIN')
  await owner.query('DELETE FROM seats')
  await owner.query('DELETE FROM schedules')
  await owner.query('SET LOCAL plan_cache_mode = force_generic_plan')
  expect(await readSchedules(owner, wanted)).toEqual([])
  await owner.query(
    `INSERT INTO schedules (concert_id, venue_id, performance_at, waiting_room_open_at, booking_open_at, booking_close_at, seat_count)
     SELECT $1, $2, at, '2000-01-01', '2000-01-01', at, 10 FROM generate_series('2001-01-01'::timestamptz, '2027-12-31', '1 day') AS at`,
    [concertId, venueId],
  )
  const read = async (): Promise<{ whole: number; found: number }> => {
    const { rows } = await owner.query(
      `SELECT seq_tup_read AS whole, idx_tup_fetch AS found FROM pg_stat_xact_user_tables
       WHERE relid = 'schedules'::regclass`,
    )
    return rows[0]
  }
  const before = await read()
  expect(await readSchedules(owner, wanted)).toHaveLength(31)
  const after = await read()
  await owner.query('ROLLBACK')
  expect(after.whole).toBe(before.whole)
  expect(after.found - before.found).toBeLessThan(40)
})
