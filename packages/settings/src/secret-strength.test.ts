import { randomBytes } from 'node:crypto'
import { expect, test } from '@jest/globals'
import { isWeak } from './secret-strength.ts'

test.each([
  'short',
  'a'.repeat(64),
  'abababababababababababababababababab',
  'development-secret-development-secret',
  'change-me-change-me-change-me-change-me',
  'ThisIsNotMySecretThisIsNotMySecret123!',
  'postgres_password_1234567890_frontrow',
  'frontrow-wallet-password-2024-the-db-user',
  'walletwalletwalletwalletwallet12',
  '12345678901234567890123456789012',
  'k7Qz-k7Qz-k7Qz-k7Qz-k7Qz-k7Qz-k7Qz-',
])('%s is weak', (secret) => {
  expect(isWeak(secret, 32)).toBe(true)
})

test('what chance makes is not', () => {
  for (let n = 0; n < 200; n += 1) {
    expect(isWeak(randomBytes(16).toString('hex'), 32)).toBe(false)
    expect(isWeak(randomBytes(32).toString('base64url'), 32)).toBe(false)
  }
})

test('bytes are counted, not letters, and a long text of words is looked through at once', () => {
  expect(isWeak('비밀번호는아무도모른다', 32)).toBe(false)
  expect(isWeak(`${'change'.repeat(5_000)}!x`, 32)).toBe(false)
})
