import { expect, test } from '@jest/globals'
import type { TokenRow } from './sql/queue-tokens.ts'
import { createTokenLookups } from './token-lookups.ts'

const hashOf = (number: number): Buffer => {
  const hash = Buffer.alloc(32)
  hash.writeUInt32BE(number)
  return hash
}

const rowOf = (tokenHash: Buffer): TokenRow => ({
  scheduleId: 1,
  sequence: tokenHash.readUInt32BE(),
  userId: 'somebody',
  tokenHash,
  status: 'WAITING',
  activeUntil: null,
})

test('each lookup gets its own place, or none where there is no row, and a crowd shares a few statements', async () => {
  const sizes: number[] = []
  const lookups = createTokenLookups(async (tokenHashes) => {
    sizes.push(tokenHashes.length)
    // The rows come in another order, and those of odd numbers do not exist.
    return tokenHashes
      .map(rowOf)
      .filter((row) => row.sequence % 2 === 0)
      .toReversed()
  })
  const numbers = Array.from({ length: 1_200 }, (_none, index) => index)
  const rows = await Promise.all(numbers.map((number) => lookups.add('all', hashOf(number))))
  expect(rows.map((row) => row?.sequence)).toEqual(
    numbers.map((number) => (number % 2 === 0 ? number : undefined)),
  )
  expect(sizes).toEqual([500, 500, 200])
})

test('two statements run at once, and past 5,000 waiting lookups more are refused with UNAVAILABLE', async () => {
  let statements = 0
  const lookups = createTokenLookups(() => {
    statements += 1
    return new Promise(() => undefined)
  })
  for (let number = 0; number < 5_000; number += 1) void lookups.add('all', hashOf(number))
  await expect(lookups.add('all', hashOf(5_000))).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    http: 503,
    retryAfterSeconds: 2,
  })
  await new Promise((resolve) => setImmediate(resolve))
  expect(statements).toBe(2)
})
