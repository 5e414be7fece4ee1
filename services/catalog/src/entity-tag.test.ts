import { expect, test } from '@jest/globals'
import { entityTag } from './entity-tag.ts'

test('equal bytes have equal tags, others have not; a tag is weak', () => {
  expect(entityTag(Buffer.from('a'))).toBe(entityTag(Buffer.from('a')))
  expect(entityTag(Buffer.from('a'))).not.toBe(entityTag(Buffer.from('b')))
  // 27 characters of base64url carry 162 bits of the hash: enough, and short in a header.
  expect(entityTag(Buffer.from('a'))).toMatch(/^W\/"[\w-]{27}"$/)
})
