import { expect, test } from '@jest/globals'
import { matchesTag, requireVersion } from './version-tag.ts'

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

test('a change of an older version is refused, also where Nginx has made the tag weak; without If-Match it goes through', () => {
  expect(() => requireVersion('"v2"', 3)).toThrow('somebody else has changed it')
  expect(() => requireVersion('W/"v3"', 3)).not.toThrow()
  expect(() => requireVersion(undefined, 3)).not.toThrow()
})
