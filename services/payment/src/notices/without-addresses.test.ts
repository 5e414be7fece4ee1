import { expect, test } from '@jest/globals'
import { withoutAddresses } from './without-addresses.ts'

test.each([
  ['550 5.1.1 <fan@example.com>: no such user', '550 5.1.1 <[address]>: no such user'],
  ['550 fan+tag@example.com... User unknown', '550 [address] User unknown'],
  ['550 <"first last"@example.com> is full', '550 <[address]> is full'],
  ['550 bounce+fan=example.com@relay.example, too', '550 [address], too'],
  ['550 (팬@예시.한국) refused', '550 ([address]) refused'],
  ['550 fan@[192.0.2.1] refused', '550 [address] refused'],
  ['connect ECONNREFUSED 127.0.0.1:25', 'connect ECONNREFUSED 127.0.0.1:25'],
])('%j says no address', (text, expected) => {
  expect(withoutAddresses(text)).toBe(expected)
})
