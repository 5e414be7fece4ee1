import { expect, test } from '@jest/globals'
import { readConfig } from '@frontrow/service-host/config'
import { z } from 'zod'
import { joinCheckSettings } from './settings.ts'
import { claimHasher } from './verified-claim.ts'

const JOIN_CHECK_SECRET = 'a-secret-that-only-this-test-knows-0123456789'

function hasher(change: Record<string, string>) {
  return claimHasher(
    readConfig(z.object(joinCheckSettings), {
      JOIN_CHECK_SECRET,
      ...('JOIN_CLAIM' in change && { JOIN_CLAIM_VERIFIED: 'none' }),
      ...change,
    }),
  )
}

test('without the setting nothing is read of a token', () => {
  expect(hasher({})).toBeUndefined()
})

test('one value has one hash however it is written, another value or another secret another one', () => {
  const hash = hasher({ JOIN_CLAIM: 'phone_number' })
  const one = hash?.({ phone_number: '+82 10 1234 5678' })
  expect(one).toHaveLength(32)
  expect(hash?.({ phone_number: '＋821012345678' })).toEqual(one)
  expect(hash?.({ phone_number: '+82 (10) 1234-5678' })).toEqual(one)
  expect(hash?.({ phone_number: '(+82) 10.1234.5678' })).toEqual(one)
  expect(hash?.({ phone_number: '82-10-1234-5678' })).not.toEqual(one)
  expect(hash?.({ phone_number: '+821012345679' })).not.toEqual(one)
  const other = hasher({ JOIN_CLAIM: 'phone_number', JOIN_CHECK_SECRET: JOIN_CHECK_SECRET.toUpperCase() })
  expect(other?.({ phone_number: '+821012345678' })).not.toEqual(one)
  const mail = hasher({ JOIN_CLAIM: 'email' })
  expect(mail?.({ email: 'Kim@Example.com' })).toEqual(mail?.({ email: 'kim@example.com' }))
  expect(mail?.({ email: 'a-1@example.com' })).not.toEqual(mail?.({ email: 'a1@example.com' }))
})

test('a claim is found by its path, and where a name has dots of its own', () => {
  expect(hasher({ JOIN_CLAIM: 'person.id' })?.({ person: { id: 7 } })).toHaveLength(32)
  expect(hasher({ JOIN_CLAIM: 'https://id.example/ci' })?.({ 'https://id.example/ci': 'x' })).toHaveLength(32)
})

test.each([
  ['none', {}],
  ['an empty one', { phone_number: '  ', phone_number_verified: true }],
  ['one of punctuation alone', { phone_number: '+(-)', phone_number_verified: true }],
  ['one that is no text', { phone_number: ['1'], phone_number_verified: true }],
  ['one that was not verified', { phone_number: '1', phone_number_verified: false }],
  ['one that is said to be verified in words', { phone_number: '1', phone_number_verified: 'true' }],
  ['one of a prototype', { phone_number_verified: true }],
])('an account is refused that has %s', (_what, claims) => {
  const path = _what === 'one of a prototype' ? 'toString.name' : 'phone_number'
  const hash = hasher({ JOIN_CLAIM: path, JOIN_CLAIM_VERIFIED: 'phone_number_verified' })
  expect(() => hash?.(claims)).toThrow(expect.objectContaining({ code: 'JOIN_CLAIM_REQUIRED' }))
})

test('settings that lack another one are refused by name', () => {
  expect(() => hasher({ JOIN_CLAIM: 'sub', JOIN_CHECK_SECRET: '' })).toThrow('JOIN_CHECK_SECRET: must be set')
  expect(() => hasher({ JOIN_CLAIM: 'sub', JOIN_CLAIM_VERIFIED: '' })).toThrow(
    'JOIN_CLAIM_VERIFIED: must be set',
  )
  expect(() => hasher({ JOIN_CLAIM_VERIFIED: 'phone_number_verified' })).toThrow('JOIN_CLAIM: must be set')
})
