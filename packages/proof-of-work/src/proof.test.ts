import { hash } from 'node:crypto'
import { expect, test } from '@jest/globals'
import { answerOf, findProof, leadingZeroBits } from './proof.ts'

test.each([
  ['ff', 0],
  ['7f', 1],
  ['01', 7],
  ['0080', 8],
  ['0001', 15],
  ['0000', 16],
])('%s begins with %i zero bits', (hex, bits) => {
  expect(leadingZeroBits(Buffer.from(hex, 'hex'))).toBe(bits)
})

test('a proof has the zero bits that were asked for by the SHA-256 that everybody has, and is the first one', () => {
  const answer = findProof('a-challenge', 10) ?? ''
  const bitsOf = (text: string): number => leadingZeroBits(hash('sha256', text, 'buffer'))
  expect(bitsOf(answer)).toBeGreaterThanOrEqual(10)
  const nonce = Number(answer.split('.')[1])
  for (let earlier = 0; earlier < nonce; earlier += 1)
    expect(bitsOf(answerOf('a-challenge', earlier))).toBeLessThan(10)
})

test('a search in parts finds the same as one at once', () => {
  const whole = findProof('another', 8)
  let found: string | undefined
  for (let from = 0; found === undefined; from += 7) found = findProof('another', 8, { from, tries: 7 })
  expect(found).toBe(whole)
})
