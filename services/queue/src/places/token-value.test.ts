import { expect, test } from '@jest/globals'
import { hashToken, newTokenValue, toDigest } from './token-value.ts'

test('a token value is a UUIDv7 of its time', () => {
  const nowMs = Date.UTC(2026, 10, 21)
  const value = newTokenValue(nowMs)
  expect(value).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  expect(Number.parseInt(value.replaceAll('-', '').slice(0, 12), 16)).toBe(nowMs)
})

test('values of one millisecond share nothing but the time', () => {
  const values = Array.from({ length: 1_000 }, () => newTokenValue(1).slice(15))
  expect(new Set(values).size).toBe(1_000)
  expect(new Set(values.map((value) => value.slice(0, 3))).size).toBeGreaterThan(500)
})

test('the digest is the same from the value and from what is stored', () => {
  const { full, digest } = hashToken('0190a5d5-1f64-7cc3-98c4-dc0c0c07398f')
  expect(full).toHaveLength(32)
  expect(toDigest(full)).toBe(digest)
  expect(digest).toHaveLength(22)
})
