import { expect, test } from '@jest/globals'
import { formatLocalDay, formatLocalTime, formatMoney, formatShowTime, formatTimeLeft } from './formats.ts'

test('money has as many digits as its currency', () => {
  expect(formatMoney(165_000, 'en', 'KRW')).toBe('₩165,000')
  expect(formatMoney(165_000, 'ko', 'KRW')).toBe('₩165,000')
  expect(formatMoney(123_456, 'en', 'USD')).toBe('$1,234.56')
})

test('a show is told in its venue’s time, not the reader’s', () => {
  expect(formatShowTime('2026-12-10T10:30:00Z', 'Asia/Seoul', 'en')).toMatch(/December 10, 2026.*7:30\sPM/)
  expect(formatShowTime('2026-12-10T20:30:00Z', 'Asia/Seoul', 'ko')).toContain('12월 11일')
})

test('a local day and time are written as they are', () => {
  expect(formatLocalDay('2026-12-10', 'en')).toBe('Thu, Dec 10, 2026')
  expect(formatLocalTime('19:30:00', 'en')).toMatch(/^7:30\sPM$/)
  expect(formatLocalTime('19:30:00', 'ko')).toBe('오후 7:30')
})

test.each([
  [0, '0:00'],
  [-5_000, '0:00'],
  [1, '0:01'],
  [59_001, '1:00'],
  [245_000, '4:05'],
  [3_723_000, '1:02:03'],
  [176_523_000, '2:01:02:03'],
])('%d ms left are %s, and 0:00 only when it is over', (leftMs, text) => {
  expect(formatTimeLeft(leftMs)).toBe(text)
})
