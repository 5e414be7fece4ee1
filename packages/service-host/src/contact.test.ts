import { expect, test } from '@jest/globals'
import { readContact } from './contact.ts'

test('mail goes to the address that the token names', () => {
  expect(readContact({ email: 'fan@example.com', locale: 'ko-KR' })).toEqual({
    email: 'fan@example.com',
    locale: 'ko-KR',
  })
  expect(readContact({ email: 'fan@example.com', email_verified: true })).toEqual({
    email: 'fan@example.com',
    locale: undefined,
  })
})

test.each([
  ['there is none', {}],
  ['it is no text', { email: 7 }],
  ['it is no address', { email: 'fan' }],
  ['it would begin a header of its own', { email: 'fan@example.com\r\nBcc: all@example.com' }],
  ['it is too long for SMTP', { email: `${'f'.repeat(64)}@${'x'.repeat(200)}.example` }],
  ["the provider knows that it may be somebody else's", { email: 'fan@example.com', email_verified: false }],
])('nobody is written to where %s', (_why, claims) => {
  expect(readContact(claims)).toBeUndefined()
})

test('a language that is none is passed over, and the address stays', () => {
  expect(readContact({ email: 'fan@example.com', locale: '../../etc' })).toEqual({
    email: 'fan@example.com',
    locale: undefined,
  })
})
