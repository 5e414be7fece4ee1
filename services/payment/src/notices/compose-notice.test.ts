import { expect, test } from '@jest/globals'
import { chooseLocale, composeNotice } from './compose-notice.ts'
import type { NoticeFacts } from './compose-notice.ts'
import { noticeKinds } from './sql/notices.ts'
import { locales } from './words.ts'

const facts: NoticeFacts = {
  kind: 'CONFIRMATION',
  concertTitle: 'First Light',
  venueName: 'Olympic Hall',
  performanceAt: new Date('2027-07-01T23:30:00Z'),
  timeZone: 'Asia/Seoul',
  reservationNumber: 'FR-1',
  seats: [
    { section: 'Floor', row: 'C', seatNumber: 12, grade: 'VIP' },
    { section: 'Floor', row: 'C', seatNumber: 13, grade: 'VIP' },
  ],
  amount: 123_456,
  currency: 'krw',
  paymentMethod: 'CARD',
  reason: null,
  heldUntil: new Date('2027-06-01T01:05:00Z'),
}

test.each(locales.flatMap((locale) => noticeKinds.map((kind) => [locale, kind] as const)))(
  '%s has words for %s, as text and as HTML',
  (locale, kind) => {
    const { subject, text, html } = composeNotice({ ...facts, kind }, locale)
    expect(subject).toContain('First Light')
    for (const part of [subject, text, html]) expect(part).not.toMatch(/undefined|null|NaN|Invalid/)
    for (const part of [text, html]) {
      for (const wanted of ['First Light', 'Olympic Hall', 'FR-1', '12', '13', '₩123,456'])
        expect(part).toContain(wanted)
    }
    expect(html).toContain(`<html lang="${locale}">`)
  },
)

test('times are those of the venue: the day before in one zone is the next day in another', () => {
  expect(composeNotice(facts, 'en').text).toContain('Friday, July 2, 2027 at 8:30')
  expect(composeNotice({ ...facts, timeZone: 'America/New_York' }, 'en').text).toContain(
    'Thursday, July 1, 2027 at 7:30',
  )
})

test('money has as many digits as its currency', () => {
  expect(composeNotice({ ...facts, currency: 'usd' }, 'en').text).toContain('$1,234.56')
  expect(composeNotice({ ...facts, currency: 'jpy' }, 'en').text).toContain('¥123,456')
})

test('what admins have typed can not break the HTML', () => {
  const { html, text } = composeNotice(
    { ...facts, concertTitle: '</title><script>alert(1)</script>', venueName: '"Hall" & <b>Co</b>' },
    'en',
  )
  expect(html).not.toContain('<script>')
  expect(html).not.toContain('<b>')
  expect(html).toContain('&quot;Hall&quot; &amp; &lt;b&gt;Co&lt;/b&gt;')
  expect(text).toContain('"Hall" & <b>Co</b>')
})

test.each([
  ['ko', 'ko'],
  ['ko-KR', 'ko'],
  ['EN_gb', 'en'],
  ['fr-FR', 'ko'],
  [null, 'ko'],
])('who reads %s gets %s where ko is the default', (wanted, locale) => {
  expect(chooseLocale(wanted, 'ko')).toBe(locale)
})
