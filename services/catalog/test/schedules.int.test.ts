import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { daysAhead, numberIn, scheduleBody, startCatalogUnderTest } from './catalog-under-test.ts'
import type { CatalogUnderTest } from './catalog-under-test.ts'

let underTest: CatalogUnderTest

beforeAll(async () => {
  underTest = await startCatalogUnderTest()
})

afterAll(() => underTest.dispose())

const outboxOf = async (scheduleId: number) => {
  const { rows } = await underTest.owner.query(
    'SELECT topic, type, payload FROM outbox WHERE message_key = $1 ORDER BY id',
    [String(scheduleId)],
  )
  return rows
}

describe('creating', () => {
  test('a venue and a concert are answered as they were stored', async () => {
    const venue = await underTest.call('POST', '/admin/venues', {
      admin: true,
      body: { name: ' Olympic Hall ', city: 'Seoul' },
    })
    expect(venue.status).toBe(201)
    expect(venue.data).toEqual({
      venueId: expect.any(Number),
      name: 'Olympic Hall',
      address: null,
      city: 'Seoul',
      timeZone: 'UTC',
      createdAt: expect.stringMatching(/Z$/),
    })
    const body = { title: 'One Night', artist: 'The Band' }
    const concert = await underTest.call('POST', '/admin/concerts', { admin: true, body })
    expect(concert.status).toBe(201)
    const shown = await underTest.call('GET', `/concerts/${numberIn(concert, 'concertId')}`)
    expect(shown.data).toEqual(concert.data)
    expect(concert.headers.get('location')).toBe(`/api/v1/concerts/${numberIn(concert, 'concertId')}`)
  })

  test('a schedule is made with its seats, and the other services are told', async () => {
    const concertId = await underTest.createConcert('Seats')
    const body = scheduleBody(await underTest.createVenue())
    const made = await underTest.call('POST', `/admin/concerts/${concertId}/schedules`, { admin: true, body })
    expect(made.status).toBe(201)
    expect(made.data).toMatchObject({
      concertId,
      concertTitle: 'Seats',
      venueName: 'Hall',
      status: 'ON_SALE',
      availableSeats: 50,
      seatCount: 50,
      noOrphanSeats: false,
      refundableUntil: null,
      grades: [
        { grade: 'VIP', price: 150_000, seatCount: 20 },
        { grade: 'R', price: 110_000, seatCount: 30 },
      ],
    })
    const scheduleId = numberIn(made, 'scheduleId')
    const { rows } = await underTest.owner.query(
      `SELECT seat_id, seat_number, row_label, grade FROM seats WHERE schedule_id = $1 AND seat_id IN (1, 20, 21, 50)
       ORDER BY seat_id`,
      [scheduleId],
    )
    expect(rows).toEqual([
      { seat_id: 1, seat_number: 1, row_label: 'A', grade: 'VIP' },
      { seat_id: 20, seat_number: 10, row_label: 'B', grade: 'VIP' },
      { seat_id: 21, seat_number: 1, row_label: 'C', grade: 'R' },
      { seat_id: 50, seat_number: 10, row_label: 'E', grade: 'R' },
    ])
    expect(await outboxOf(scheduleId)).toEqual([
      {
        topic: 'frontrow.catalog.events',
        type: 'ScheduleCreated',
        payload: { scheduleId, concertId, seatCount: 50 },
      },
    ])
  })

  test('10,000 seats are made at once, one more is refused', async () => {
    const section = { section: 'Floor', grade: 'S', price: 1, rows: 100, seatsPerRow: 100 }
    const { path } = await underTest.createSchedule({ sections: [section] })
    expect(numberIn(await underTest.call('GET', path), 'availableSeats')).toBe(10_000)
    const concertId = await underTest.createConcert()
    const body = {
      ...scheduleBody(await underTest.createVenue()),
      sections: [section, { ...section, rows: 1, seatsPerRow: 1 }],
    }
    const refused = await underTest.call('POST', `/admin/concerts/${concertId}/schedules`, {
      admin: true,
      body,
    })
    expect(refused.status).toBe(400)
    expect(refused.error?.details).toEqual([
      { in: 'body', field: 'sections', rule: 'must have 10 to 10000 seats in all, and has 10001' },
    ])
  })

  test('needs an admin', async () => {
    const body = { name: 'Hall' }
    expect((await underTest.call('POST', '/admin/venues', { body })).error?.code).toBe('UNAUTHENTICATED')
    const answer = await underTest.call('POST', '/admin/venues', { user: '101', body })
    expect([answer.status, answer.error?.code]).toEqual([403, 'FORBIDDEN'])
  })

  test.each([
    [
      'performanceAt',
      { performanceAt: daysAhead(-1), bookingCloseAt: daysAhead(-2), bookingOpenAt: daysAhead(-3) },
    ],
    ['bookingCloseAt', { bookingCloseAt: daysAhead(21) }],
    ['bookingCloseAt', { bookingOpenAt: daysAhead(19.5) }],
    ['waitingRoomOpenAt', { waitingRoomOpenAt: daysAhead(0) }],
    ['bookingOpenAt', { bookingOpenAt: 'tomorrow' }],
    ['sections.0.rows', { sections: [{ section: 'A', grade: 'R', price: 1, rows: 0, seatsPerRow: 10 }] }],
    ['sections', { sections: [{ section: 'A', grade: 'R', price: 1, rows: 1, seatsPerRow: 9 }] }],
    ['venueId', { venueId: 'x' }],
  ])('names %s where it breaks a rule: %j', async (field, changes) => {
    const concertId = await underTest.createConcert()
    const body = { ...scheduleBody(await underTest.createVenue()), ...changes }
    const answer = await underTest.call('POST', `/admin/concerts/${concertId}/schedules`, {
      admin: true,
      body,
    })
    expect([answer.status, answer.error?.code]).toEqual([400, 'INVALID_REQUEST'])
    expect(answer.error?.details).toContainEqual({ in: 'body', field, rule: expect.any(String) })
  })

  test.each([
    ['/admin/venues', 'name', { name: 'Ha\u0000ll' }],
    ['/admin/venues', 'city', { name: 'Hall', city: 'Se\u001bul' }],
    ['/admin/concerts', 'title', { title: 'a\u0000b' }],
    ['/admin/concerts', 'artist', { title: 'a', artist: 'x\ny' }],
    ['/admin/concerts', 'description', { title: 'a', description: 'x\u0000' }],
  ])('a control character in a text of %s names %s', async (path, field, body) => {
    const answer = await underTest.call('POST', path, { admin: true, body })
    expect([answer.status, answer.error?.code]).toEqual([400, 'INVALID_REQUEST'])
    expect(answer.error?.details).toMatchObject([{ in: 'body', field }])
  })

  test('a description may have lines', async () => {
    const body = { title: 'Lines', description: 'one\r\n\ttwo' }
    const made = await underTest.call('POST', '/admin/concerts', { admin: true, body })
    expect(made.data).toMatchObject(body)
  })

  test('a schedule that was asked for a moment too early is there once it is made', async () => {
    const { scheduleId, path } = await underTest.createSchedule()
    const next = path.replace(/\d+$/, String(scheduleId + 1))
    expect((await underTest.call('GET', next)).status).toBe(404)
    const { concertId, scheduleId: made } = await underTest.createSchedule()
    expect(made).toBe(scheduleId + 1)
    expect((await underTest.call('GET', `/concerts/${concertId}/schedules/${made}`)).status).toBe(200)
  })

  test('an unknown concert or venue is 404 and nothing is written', async () => {
    const venueId = await underTest.createVenue()
    const noConcert = await underTest.call('POST', '/admin/concerts/999999/schedules', {
      admin: true,
      body: scheduleBody(venueId),
    })
    expect([noConcert.status, noConcert.error?.code]).toEqual([404, 'CONCERT_NOT_FOUND'])
    const concertId = await underTest.createConcert()
    const path = `/admin/concerts/${concertId}/schedules`
    const noVenue = await underTest.call('POST', path, { admin: true, body: scheduleBody(999_999) })
    expect([noVenue.status, noVenue.error?.code]).toEqual([404, 'VENUE_NOT_FOUND'])
    expect((await underTest.call('GET', `/concerts/${concertId}/schedules`)).data).toEqual([])
  })
})

describe('listing', () => {
  test('concerts come newest first, page by page, and are found by title', async () => {
    for (const number of [1, 2, 3]) await underTest.createConcert(`Paged 100% ${number}`)
    await underTest.createConcert('Paged 1000')
    const first = await underTest.call('GET', '/concerts?query=paged%20100%25&limit=2')
    const cursor = new URLSearchParams(Object(first.data)).get('nextCursor')
    expect(first.data).toMatchObject({ items: [{ title: 'Paged 100% 3' }, { title: 'Paged 100% 2' }] })
    const second = await underTest.call('GET', `/concerts?query=paged%20100%25&limit=2&cursor=${cursor}`)
    expect(second.data).toMatchObject({ items: [{ title: 'Paged 100% 1' }], nextCursor: null })
    expect((await underTest.call('GET', '/concerts?cursor=!')).status).toBe(400)
    const nul = await underTest.call('GET', '/concerts?query=a%00b')
    expect([nul.status, nul.error?.code]).toEqual([400, 'INVALID_REQUEST'])
    expect(nul.error?.details).toMatchObject([{ in: 'query', field: 'query' }])
  })

  test('concerts are found by a part of their artist, in any case', async () => {
    const body = { title: 'Someone', artist: 'The Searched-For Quartet' }
    await underTest.call('POST', '/admin/concerts', { admin: true, body })
    expect((await underTest.call('GET', '/concerts?query=CHED-for')).data).toMatchObject({
      items: [{ artist: body.artist }],
      nextCursor: null,
    })
    expect((await underTest.call('GET', '/concerts?query=f')).data).toMatchObject({ nextCursor: null })
    expect((await underTest.call('GET', '/concerts?query=nowhere')).data).toEqual({
      items: [],
      nextCursor: null,
    })
  })

  test('schedules are from today to a month ahead and ON_SALE where nothing is asked for', async () => {
    const { concertId, scheduleId } = await underTest.createSchedule()
    const venueId = await underTest.createVenue()
    const now = Date.now()
    const times = (days: number) => ({
      performanceAt: daysAhead(days, now),
      bookingCloseAt: daysAhead(days, now),
    })
    const create = async (days: number) =>
      numberIn(
        await underTest.call('POST', `/admin/concerts/${concertId}/schedules`, {
          admin: true,
          body: { ...scheduleBody(venueId), ...times(days) },
        }),
        'scheduleId',
      )
    const soon = await create(0.000_1)
    const far = await create(40)
    const closed = await create(10)
    await underTest.call('PATCH', `/admin/schedules/${closed}`, { admin: true, body: { status: 'CLOSED' } })
    const list = async (query: string) => {
      const { data } = await underTest.call('GET', `/concerts/${concertId}/schedules${query}`)
      return Array.isArray(data) ? data.map((one) => one.scheduleId) : []
    }
    expect(await list('')).toEqual([soon, scheduleId])
    expect(await list('?status=CLOSED')).toEqual([closed])
    const farDay = daysAhead(40, now).slice(0, 10)
    expect(await list(`?fromDate=${farDay}&toDate=${farDay}`)).toEqual([far])
    expect(await list(`?toDate=${farDay}`)).toEqual([soon, scheduleId, far])
  })

  test('an entry has exactly the fields of the contract', async () => {
    const { concertId, scheduleId } = await underTest.createSchedule({
      performanceAt: '2099-12-24T19:30:00+09:00',
      bookingCloseAt: '2099-12-24T10:00:00Z',
    })
    const { data } = await underTest.call('GET', `/concerts/${concertId}/schedules?fromDate=2099-12-24`)
    expect(data).toEqual([
      {
        scheduleId,
        concertId,
        concertTitle: 'First Light',
        venueId: expect.any(Number),
        venueName: 'Hall',
        performanceDate: '2099-12-24',
        performanceTime: '10:30:00',
        timeZone: 'UTC',
        bookingOpenAt: expect.stringMatching(/Z$/),
        bookingCloseAt: '2099-12-24T10:00:00.000Z',
        availableSeats: 50,
        status: 'ON_SALE',
      },
    ])
  })

  test('wrong dates name their field', async () => {
    const { concertId } = await underTest.createSchedule()
    for (const [field, query] of [
      ['fromDate', 'fromDate=2026-02-30'],
      ['toDate', 'fromDate=2026-02-02&toDate=2026-02-01'],
      ['status', 'status=SOLD'],
    ]) {
      const answer = await underTest.call('GET', `/concerts/${concertId}/schedules?${query}`)
      expect(answer.status).toBe(400)
      expect(answer.error?.details).toMatchObject([{ in: 'query', field }])
    }
  })

  test('what does not exist is 404', async () => {
    const { scheduleId } = await underTest.createSchedule()
    const other = await underTest.createConcert()
    for (const [path, code] of [
      ['/concerts/999999', 'CONCERT_NOT_FOUND'],
      ['/concerts/999999/schedules', 'CONCERT_NOT_FOUND'],
      [`/concerts/${other}/schedules/999999`, 'SCHEDULE_NOT_FOUND'],
      [`/concerts/${other}/schedules/${scheduleId}`, 'SCHEDULE_NOT_FOUND'],
    ] as const) {
      const answer = await underTest.call('GET', path)
      expect([path, answer.status, answer.error?.code]).toEqual([path, 404, code])
    }
  })
})

describe('changing the status', () => {
  const patch = (scheduleId: number, status: string) =>
    underTest.call('PATCH', `/admin/schedules/${scheduleId}`, { admin: true, body: { status } })

  test('closes and opens again; the same status again tells nobody', async () => {
    const { scheduleId } = await underTest.createSchedule()
    expect((await patch(scheduleId, 'CLOSED')).data).toMatchObject({ scheduleId, status: 'CLOSED' })
    expect((await patch(scheduleId, 'CLOSED')).status).toBe(200)
    expect((await patch(scheduleId, 'ON_SALE')).data).toMatchObject({ status: 'ON_SALE' })
    const told = (await outboxOf(scheduleId)).slice(1)
    expect(told.map(({ type, payload }) => [type, payload])).toEqual([
      ['ScheduleStatusChanged', { scheduleId, status: 'CLOSED' }],
      ['ScheduleStatusChanged', { scheduleId, status: 'ON_SALE' }],
    ])
  })

  test('CANCELLED is final', async () => {
    const { scheduleId, path } = await underTest.createSchedule()
    expect((await patch(scheduleId, 'CANCELLED')).status).toBe(200)
    expect((await patch(scheduleId, 'CANCELLED')).status).toBe(200)
    const refused = await patch(scheduleId, 'ON_SALE')
    expect([refused.status, refused.error?.code]).toEqual([409, 'SCHEDULE_NOT_CHANGEABLE'])
    expect((await underTest.call('GET', path)).data).toMatchObject({ status: 'CANCELLED' })
    expect(await outboxOf(scheduleId)).toHaveLength(2)
  })

  test('refuses what it does not know', async () => {
    expect((await patch(999_999, 'CLOSED')).error?.code).toBe('SCHEDULE_NOT_FOUND')
    const { scheduleId } = await underTest.createSchedule()
    expect((await patch(scheduleId, 'PAUSED')).error?.details).toMatchObject([{ field: 'status' }])
  })
})

test('the API reference is served without the internet', async () => {
  const document = await fetch(underTest.url('/openapi.json'))
  expect(await document.json()).toMatchObject({ openapi: '3.1.0', info: { title: 'Frontrow' } })
  const base = underTest.url('').replace('/api/v1', '')
  const page = await fetch(`${base}/docs`)
  expect(page.headers.get('content-type')).toMatch('text/html')
  const html = await page.text()
  const linked = [...html.matchAll(/(?:src|href)="(?<path>[^"]+)"/g)].map((match) => match.groups?.['path'])
  expect(linked.length).toBeGreaterThanOrEqual(4)
  for (const path of linked) expect([path, (await fetch(base + path)).status]).toEqual([path, 200])
  expect((await fetch(`${base}/docs/package.json`)).status).toBe(404)
  const bundle = `${base}/docs/swagger-ui-bundle.js`
  const tag = (await fetch(bundle, { method: 'HEAD' })).headers.get('etag') ?? ''
  expect(
    (await fetch(bundle, { headers: { 'if-none-match': tag, 'cache-control': 'max-age=0' } })).status,
  ).toBe(304)
  // Conditions that these files can't meet are ignored, since Express would refuse them in a form that is not ours.
  for (const headers of [{ range: 'bytes=99999999-' }, { 'if-match': '"x"' }]) {
    expect((await fetch(`${base}/docs/show-reference.js`, { headers })).status).toBe(200)
  }
})
