import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { startCatalogUnderTest } from './catalog-under-test.ts'
import type { CatalogUnderTest } from './catalog-under-test.ts'

let underTest: CatalogUnderTest

beforeAll(async () => {
  underTest = await startCatalogUnderTest()
})

afterAll(() => underTest.dispose())

const create = (title: string, artist?: string) =>
  underTest.call('POST', '/admin/concerts', {
    admin: true,
    body: { title, ...(artist === undefined ? {} : { artist }) },
  })

const search = async (query: string): Promise<string[]> => {
  const { data } = await underTest.call('GET', `/concerts?query=${encodeURIComponent(query)}`)
  return Object(data).items.map((concert: { title: string }) => concert.title)
}

test.each([
  ['Beyoncé en vivo', ['beyonce', 'BEYONCÉ', 'beyonce\u0301', 'Beyoncé  en\u00a0vivo']],
  ['A\u030Angstro\u0308m', ['ångström', 'angstrom', 'ÅNGSTRÖM']],
  ['Straße', ['strasse', 'STRASSE', 'straße']],
  ['Sigur Rós & Søn', ['sigur ros', 'son', 'søn']],
  ['ΟΔΟΣ', ['οδος', 'Οδός']],
  ['Don’t Stop – Live', ["don't stop - live", 'DON’T STOP']],
  ['ＡＢＣ ２０２７', ['abc 2027']],
  ['\u1100\u1161\u11a8\u110b\u1175\u11ab', ['각인']],
  ['봄밤의 노래', ['봄밤', '\u1107\u1169\u11b7\u1107\u1161\u11b7']],
  ['100% _live_ \\o/', ['100%', '_live_', '\\o/', '１００％']],
])('%s is found by what people type of it', async (title, queries) => {
  await create(title)
  for (const query of queries) expect([query, await search(query)]).toEqual([query, [title.normalize('NFC')]])
})

test('a query finds nothing that only looks like it, and no pattern of its own', async () => {
  await create('Percent 1000', 'Underscore')
  for (const query of ['ercent 1%0', 'ercent_1000', '각이', 'ercent 1000\\', '\u0301']) {
    expect([query, await search(query)]).toEqual([query, []])
  }
  // The title's end and the artist's beginning are not one text.
  expect(await search('1000 underscore')).toEqual([])
  expect(await search('UNDERSCORE')).toEqual(['Percent 1000'])
})

test('a text is stored in one form, whichever it was sent in, and found among grades by the other', async () => {
  const { data } = await create(' Cafe\u0301 ', 'Zoe\u0308')
  expect(data).toMatchObject({ title: 'Caf\u00e9', artist: 'Zo\u00eb' })
  const section = { section: 'Balco\u0301n', grade: ' Cre\u0300me ', price: 1, rows: 1, seatsPerRow: 10 }
  const { scheduleId, path } = await underTest.createSchedule({ sections: [section] })
  expect((await underTest.call('GET', path)).data).toMatchObject({ grades: [{ grade: 'Cr\u00e8me' }] })
  const headers = { 'queue-token': underTest.queueToken(scheduleId) }
  const seats = await underTest.call('GET', `${path}/seats?grade=${encodeURIComponent('Cre\u0300me')}`, {
    headers,
  })
  expect(Object(seats.data).seats).toHaveLength(10)
})

test.each([
  ['title', { title: 'a\ud800' }],
  ['artist', { title: 'a', artist: 'x\udc00y' }],
  ['description', { title: 'a', description: '\ud83d' }],
])('half a surrogate pair in %s is refused', async (field, body) => {
  const answer = await underTest.call('POST', '/admin/concerts', { admin: true, body })
  expect([answer.status, answer.error?.code]).toEqual([400, 'INVALID_REQUEST'])
  expect(answer.error?.details).toEqual([
    { in: 'body', field, rule: 'must have no half of a surrogate pair' },
  ])
})

test('a search can use its index', async () => {
  await underTest.owner.query(
    // Only because there are few concerts, all would be read.
    'SET enable_seqscan = off',
  )
  const { rows } = await underTest.owner.query(
    `EXPLAIN SELECT 1 FROM concerts WHERE search_text LIKE '%' || fold_text('Évening 12345') || '%'`,
  )
  expect(JSON.stringify(rows)).toMatch('concerts_search_text')
})

test('a time is checked after its offset is applied, and dates keep to what the calendar has', async () => {
  const concertId = await underTest.createConcert()
  const venueId = await underTest.createVenue()
  const far = '9999-12-31T23:59:59-23:59'
  const made = await underTest.call('POST', `/admin/concerts/${concertId}/schedules`, {
    admin: true,
    body: {
      venueId,
      performanceAt: far,
      bookingOpenAt: '2027-01-01T00:00:00Z',
      bookingCloseAt: '2027-01-02T00:00:00Z',
      sections: [{ section: 'A', grade: 'R', price: 1, rows: 1, seatsPerRow: 10 }],
    },
  })
  expect([made.status, made.error?.details]).toEqual([
    400,
    [{ in: 'body', field: 'performanceAt', rule: 'must be in the years 2000 to 2999, in UTC' }],
  ])
  for (const [query, status] of [
    ['fromDate=0000-01-01', 400],
    ['fromDate=0001-01-01&toDate=9999-12-31', 200],
    ['fromDate=9999-12-31', 200],
    ['toDate=9999-12-31', 200],
  ] as const) {
    const answer = await underTest.call('GET', `/concerts/${concertId}/schedules?${query}`)
    expect([query, answer.status]).toEqual([query, status])
  }
})
