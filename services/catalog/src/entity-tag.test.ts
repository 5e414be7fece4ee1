import { expect, test } from '@jest/globals'
import { entityTag, matchesTag } from './entity-tag.ts'

test('equal bytes have equal tags, others have not; a tag is weak', () => {
  expect(entityTag(Buffer.from('a'))).toBe(entityTag(Buffer.from('a')))
  expect(entityTag(Buffer.from('a'))).not.toBe(entityTag(Buffer.from('b')))
  // 27 characters of base64url carry 162 bits of the hash: enough, and short in a header.
  expect(entityTag(Buffer.from('a'))).toMatch(/^W\/"[\w-]{27}"$/)
})

test.each([
  ['"x"', true],
  ['W/"x"', true],
  ['"y", W/"x"', true],
  ['*', true],
  ['"y"', false],
  ['x', false],
  ['"xW/"', false],
  [undefined, false],
])('If-None-Match %s against "x": %s', (header, expected) => {
  expect(matchesTag(header, '"x"')).toBe(expected)
  expect(matchesTag(header, 'W/"x"')).toBe(expected)
})
