import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { daysAhead, numberIn, outcome, scheduleBody, startCatalogUnderTest } from './catalog-under-test.ts'
import type { CatalogUnderTest } from './catalog-under-test.ts'

let underTest: CatalogUnderTest

beforeAll(async () => {
  underTest = await startCatalogUnderTest()
})

afterAll(() => underTest.dispose())

const call: CatalogUnderTest['callAsAdmin'] = (...request) => underTest.callAsAdmin(...request)

/** The ids of a page, and what to ask the next one with. */
const page = async (path: string, id: string): Promise<{ ids: number[]; next: string | null }> => {
  const { status, data } = await call('GET', path)
  expect(status).toBe(200)
  const { items, nextCursor } = Object(data)
  return { ids: items.map((item: Record<string, number>) => item[id]), next: nextCursor }
}

describe('lists', () => {
  test('of concerts go on where they were when the item of the cursor is deleted', async () => {
    const ids: number[] = []
    for (const title of ['one', 'two', 'three', 'four']) ids.push(await underTest.createConcert(title))
    const [one, two, three, four] = ids
    const first = await page('/admin/concerts?limit=2', 'concertId')
    expect(first.ids).toEqual([four, three])
    await underTest.owner.query('DELETE FROM concerts WHERE concert_id = $1', [three])
    const second = await page(`/admin/concerts?limit=2&cursor=${first.next}`, 'concertId')
    expect(second.ids).toEqual([two, one])
  })

  test("of a concert's schedules have every status and date, and go on after a delete", async () => {
    const { concertId, scheduleId: first } = await underTest.createSchedule()
    const venueId = await underTest.createVenue()
    const create = async (): Promise<number> =>
      numberIn(
        await call('POST', `/admin/concerts/${concertId}/schedules`, {
          ...scheduleBody(venueId),
          performanceAt: daysAhead(400),
        }),
        'scheduleId',
      )
    const [second, third, fourth] = [await create(), await create(), await create()]
    await call('PATCH', `/admin/schedules/${second}`, { status: 'CLOSED' })
    await call('PATCH', `/admin/schedules/${third}`, { status: 'CANCELLED' })
    const path = `/admin/concerts/${concertId}/schedules`
    expect((await page(path, 'scheduleId')).ids).toEqual([fourth, third, second, first])
    expect((await page(`${path}?status=CLOSED`, 'scheduleId')).ids).toEqual([second])
    const top = await page(`${path}?limit=2`, 'scheduleId')
    const next = `${path}?limit=2&cursor=${top.next}`
    expect((await page(next, 'scheduleId')).ids).toEqual([second, first])
    await underTest.owner.query('DELETE FROM seats WHERE schedule_id = $1', [third])
    await underTest.owner.query('DELETE FROM schedules WHERE schedule_id = $1', [third])
    expect(await page(next, 'scheduleId')).toEqual({ ids: [second, first], next: null })
    expect(Object((await call('GET', path)).data).items[0]).toMatchObject({
      scheduleId: fourth,
      seatCount: 50,
      availableSeats: 50,
      waitingRoomOpenAt: expect.stringMatching(/Z$/),
    })
  })

  test('of all schedules have what is on sale or opens next first, and go on where they were whatever happens', async () => {
    const concertId = await underTest.createConcert('Zugspitze at Dawn')
    const venueId = await underTest.createVenue()
    const now = Date.now()
    const create = async (opensInDays: number): Promise<number> =>
      numberIn(
        await call('POST', `/admin/concerts/${concertId}/schedules`, {
          ...scheduleBody(venueId),
          bookingOpenAt: daysAhead(opensInDays, now),
        }),
        'scheduleId',
      )
    const [cancelled, opensNext, onSaleLater, onSale, closed, over, opensWithNext] = [
      await create(-1),
      await create(1),
      await create(-1),
      await create(-2),
      await create(-4),
      await create(-3),
      await create(1),
    ]
    await call('PATCH', `/admin/schedules/${cancelled}`, { status: 'CANCELLED' })
    await call('PATCH', `/admin/schedules/${closed}`, { status: 'CLOSED' })
    const endBooking = (scheduleId: number) =>
      underTest.owner.query('UPDATE schedules SET booking_close_at = now() WHERE schedule_id = $1', [
        scheduleId,
      ])
    await endBooking(over)

    const path = '/admin/schedules?query=zugspitze'
    const onSaleFirst = [onSale, onSaleLater, opensNext, opensWithNext]
    const others = [cancelled, over, closed]
    expect(await page(path, 'scheduleId')).toEqual({ ids: [...onSaleFirst, ...others], next: null })
    expect((await page(`${path}&status=ON_SALE`, 'scheduleId')).ids).toEqual(onSaleFirst)
    expect((await page(`${path}&status=CLOSED`, 'scheduleId')).ids).toEqual([over, closed])
    const row = await call('GET', `/admin/concerts/${concertId}/schedules?status=CANCELLED`)
    expect(Object(row.data).items).toHaveLength(1)
    expect((await call('GET', `${path}&status=CANCELLED`)).data).toEqual(row.data)

    // While somebody turns the pages, the booking of the next one ends, and the last one that was shown is deleted.
    const top = await page(`${path}&limit=1`, 'scheduleId')
    expect(top.ids).toEqual([onSale])
    await endBooking(onSaleLater)
    await underTest.owner.query('DELETE FROM seats WHERE schedule_id = $1', [onSale])
    await underTest.owner.query('DELETE FROM schedules WHERE schedule_id = $1', [onSale])
    const seen: number[] = []
    for (let { next } = top; next !== null;) {
      const following = await page(`${path}&limit=2&cursor=${next}`, 'scheduleId')
      seen.push(...following.ids)
      next = following.next
    }
    expect(seen).toEqual([onSaleLater, opensNext, opensWithNext, ...others])
    expect((await page(path, 'scheduleId')).ids).toEqual([
      opensNext,
      opensWithNext,
      // Of two that open at one moment, the newer one comes first here.
      onSaleLater,
      ...others,
    ])
  })

  test('of all schedules refuse what breaks a rule, by the name of its field', async () => {
    for (const [field, value] of [
      ['cursor', 'nonsense'],
      ['cursor', Buffer.from('1,2,3,4').toString('base64url')],
      ['cursor', Buffer.from('1,1,-1,4').toString('base64url')],
      ['cursor', Buffer.from('8640000000000000,1,1,4').toString('base64url')],
      ['cursor', Buffer.from('1,1,1').toString('base64url')],
      ['limit', '101'],
      ['status', 'OPEN'],
      ['query', 'x'.repeat(101)],
    ] as const) {
      const refused = await call('GET', `/admin/schedules?${field}=${value}`)
      expect([value, ...outcome(refused)]).toEqual([value, 400, 'INVALID_REQUEST'])
      expect(refused.error?.details).toMatchObject([{ in: 'query', field }])
    }
    const last = Buffer.from(`${'9'.repeat(14)},0,${'9'.repeat(14)},9007199254740991`).toString('base64url')
    expect((await call('GET', `/admin/schedules?cursor=${last}`)).status).toBe(200)
    expect((await page('/admin/schedules?query=nobody%20sings%20this', 'scheduleId')).ids).toEqual([])
  })

  test('are for admins, of what exists', async () => {
    for (const path of [
      '/admin/concerts',
      '/admin/concerts/1/schedules',
      '/admin/schedules',
      '/admin/schedules/1',
    ]) {
      expect([path, ...outcome(await underTest.call('GET', path, { user: '101' }))]).toEqual([
        path,
        403,
        'FORBIDDEN',
      ])
    }
    expect(outcome(await call('GET', '/admin/concerts/999999/schedules'))).toEqual([404, 'CONCERT_NOT_FOUND'])
    expect(outcome(await call('GET', '/admin/schedules/999999'))).toEqual([404, 'SCHEDULE_NOT_FOUND'])
    expect(outcome(await call('GET', '/admin/venues/999999'))).toEqual([404, 'VENUE_NOT_FOUND'])
  })

  test('are searched by title and by artist, each in its own text', async () => {
    const create = async (title: string, artist: string): Promise<number> =>
      numberIn(await call('POST', '/admin/concerts', { title, artist }), 'concertId')
    const nightByDay = await create('Çınar Night', 'Zeynep Dây')
    const dayByNight = await create('Zeynep Dây', 'Çınar Night')
    for (const list of ['/admin/concerts', '/concerts']) {
      for (const [query, found] of [
        ['title=zeynep%20day', [dayByNight]],
        ['artist=ZEYNEP', [nightByDay]],
        ['query=zeynep', [dayByNight, nightByDay]],
        ['title=night&artist=day', [nightByDay]],
        ['title=night&artist=night', []],
        ['title=zeynep&query=night', [dayByNight]],
        ['title=%25ey', []],
        ['artist=&title=day&query=', [dayByNight]],
      ] as const) {
        expect([list, query, (await page(`${list}?${query}`, 'concertId')).ids]).toEqual([list, query, found])
      }
    }
  })
})

describe('an Idempotency-Key', () => {
  const key = () => ({ 'Idempotency-Key': randomUUID() })

  test('gives one answer and one effect to each write, and refuses another body', async () => {
    const { concertId, scheduleId } = await underTest.createSchedule()
    const venueId = await underTest.createVenue()
    const made = scheduleBody(venueId)
    for (const [method, path, body, other] of [
      ['POST', '/admin/venues', { name: 'A' }, { name: 'B' }],
      ['PATCH', `/admin/venues/${venueId}`, { city: 'Seoul' }, { city: 'Busan' }],
      ['POST', '/admin/concerts', { title: 'A' }, { title: 'B' }],
      ['PATCH', `/admin/concerts/${concertId}`, { title: 'A' }, { title: 'B' }],
      [
        'POST',
        `/admin/concerts/${concertId}/schedules`,
        made,
        // Only a moment is another one.
        { ...made, performanceAt: daysAhead(21) },
      ],
      ['PATCH', `/admin/schedules/${scheduleId}`, { status: 'CLOSED' }, { status: 'ON_SALE' }],
    ] as const) {
      const headers = key()
      const counts = () =>
        underTest.owner.query(
          `SELECT (SELECT count(*) FROM venues) AS venues, (SELECT count(*) FROM concerts) AS concerts,
             (SELECT count(*) FROM schedules) AS schedules, (SELECT count(*) FROM outbox) AS messages,
             (SELECT sum(version) FROM venues) + (SELECT sum(version) FROM concerts)
               + (SELECT sum(version) FROM schedules) AS versions`,
        )
      const first = await call(method, path, body, headers)
      const after = (await counts()).rows
      const again = await call(method, path, body, headers)
      expect([path, again.status, again.data]).toEqual([path, first.status, first.data])
      for (const header of ['etag', 'location']) {
        expect([path, again.headers.get(header)]).toEqual([path, first.headers.get(header)])
      }
      expect(first.headers.get('idempotency-replayed')).toBeNull()
      expect(again.headers.get('idempotency-replayed')).toBe('true')
      expect([path, ...outcome(await call(method, path, other, headers))]).toEqual([
        path,
        422,
        'IDEMPOTENCY_KEY_REUSED',
      ])
      expect((await counts()).rows).toEqual(after)
    }
  })

  test('makes one thing of 20 requests at once', async () => {
    const concertId = await underTest.createConcert()
    const body = scheduleBody(await underTest.createVenue())
    const headers = key()
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => call('POST', `/admin/concerts/${concertId}/schedules`, body, headers)),
    )
    expect(new Set(answers.map((answer) => `${answer.status} ${JSON.stringify(answer.data)}`)).size).toBe(1)
    expect((await page(`/admin/concerts/${concertId}/schedules`, 'scheduleId')).ids).toHaveLength(1)
  })

  test('of a refused request stays free', async () => {
    const headers = key()
    const concertId = await underTest.createConcert()
    const body = { ...scheduleBody(999_999) }
    const path = `/admin/concerts/${concertId}/schedules`
    expect(outcome(await call('POST', path, body, headers))).toEqual([404, 'VENUE_NOT_FOUND'])
    const venueId = await underTest.createVenue()
    expect((await call('POST', path, { ...body, venueId }, headers)).status).toBe(201)
  })

  test('must be one', async () => {
    const answer = await call('POST', '/admin/venues', { name: 'A' }, { 'Idempotency-Key': 'a b' })
    expect(outcome(answer)).toEqual([400, 'INVALID_REQUEST'])
    expect(answer.error?.details).toMatchObject([{ in: 'header', field: 'idempotency-key' }])
  })
})

describe('If-Match', () => {
  test('refuses a change where somebody else was first, and lets the first one through', async () => {
    const { concertId, scheduleId } = await underTest.createSchedule()
    for (const [path, change, later] of [
      [`/admin/venues/${await underTest.createVenue()}`, { city: 'Seoul' }, { city: 'Busan' }],
      [`/admin/concerts/${concertId}`, { title: 'New' }, { title: 'Newer' }],
      [`/admin/schedules/${scheduleId}`, { status: 'CLOSED' }, { status: 'ON_SALE' }],
    ] as const) {
      const tag = (await call('GET', path)).headers.get('etag') ?? ''
      const first = await call('PATCH', path, change, { 'If-Match': tag })
      expect([path, first.status]).toEqual([path, 200])
      const shown = await call('GET', path)
      // What is shown may change beside the version, so its tag is the version's and more.
      expect(shown.headers.get('etag')).toMatch(first.headers.get('etag')?.replace(/"$/, '-') ?? 'no tag')
      expect(shown.headers.get('etag')).not.toBe(tag)
      const late = await call('PATCH', path, later, { 'If-Match': tag })
      expect([path, ...outcome(late)]).toEqual([path, 412, 'PRECONDITION_FAILED'])
      expect((await call('GET', path)).data).toEqual(shown.data)
      // As Nginx names an answer that it has compressed.
      const weak = { 'If-Match': `"x", W/${shown.headers.get('etag')}` }
      expect((await call('PATCH', path, later, weak)).status).toBe(200)
      expect((await call('PATCH', path, change, { 'If-Match': '*' })).status).toBe(200)
      expect((await call('PATCH', path, later)).status).toBe(200)
    }
  })

  test('lets one of 10 changes at once through', async () => {
    const { scheduleId } = await underTest.createSchedule({ bookingOpenAt: daysAhead(2) })
    const path = `/admin/schedules/${scheduleId}`
    const headers = { 'If-Match': (await call('GET', path)).headers.get('etag') ?? '' }
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        call('PATCH', path, { performanceAt: daysAhead(30 + index) }, headers),
      ),
    )
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([
      200,
      ...Array<number>(9).fill(412),
    ])
  })

  test('of a repeated request is met by its first answer', async () => {
    const { scheduleId } = await underTest.createSchedule()
    const path = `/admin/schedules/${scheduleId}`
    const tag = (await call('GET', path)).headers.get('etag') ?? ''
    const headers = { 'If-Match': tag, 'Idempotency-Key': randomUUID() }
    const first = await call('PATCH', path, { status: 'CLOSED' }, headers)
    const again = await call('PATCH', path, { status: 'CLOSED' }, headers)
    expect([again.status, again.data]).toEqual([200, first.data])
  })
})

test('a renamed concert is shown under its new title in its schedules', async () => {
  const { concertId, path } = await underTest.createSchedule()
  const renamed = await call('PATCH', `/admin/concerts/${concertId}`, { title: ' Last Light ', artist: null })
  expect(renamed.data).toMatchObject({ concertId, title: 'Last Light', artist: null })
  expect((await underTest.call('GET', `/concerts/${concertId}`)).data).toEqual(renamed.data)
  expect((await page('/concerts?title=last%20light', 'concertId')).ids).toEqual([concertId])
  expect((await underTest.call('GET', path)).data).toMatchObject({ concertTitle: 'Last Light' })
})
