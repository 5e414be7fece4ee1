import { expect, test } from '@jest/globals'
import { answerTag, matchesTag, requireVersion, versionTag } from './version-tag.ts'

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

test('an answer is named by what it shows, and a change takes it for its version', () => {
  const [few, many] = [answerTag(versionTag(3), '{"left":1}'), answerTag(versionTag(3), '{"left":9}')]
  expect(few).not.toBe(many)
  expect(answerTag(versionTag(3), '{"left":1}')).toBe(few)
  for (const tag of [few, many, `W/${many}`, `"x", ${few}`]) {
    expect(() => requireVersion(tag, 3)).not.toThrow()
    expect(() => requireVersion(tag, 33)).toThrow('somebody else has changed it')
  }
})
