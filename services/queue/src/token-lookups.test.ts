import { expect, test } from '@jest/globals'
import type { TokenRow } from './sql/queue-tokens.ts'
import { TokenLookups } from './token-lookups.ts'

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

test('everybody gets the own place, the others none, and a crowd shares a few statements', async () => {
  const sizes: number[] = []
  const lookups = new TokenLookups(async (tokenHashes) => {
    sizes.push(tokenHashes.length)
    // In another order, and without the odd ones.
    return tokenHashes
      .map(rowOf)
      .filter((row) => row.sequence % 2 === 0)
      .toReversed()
  })
  const numbers = Array.from({ length: 1_200 }, (_none, index) => index)
  const rows = await Promise.all(numbers.map((number) => lookups.find(hashOf(number))))
  expect(rows.map((row) => row?.sequence)).toEqual(
    numbers.map((number) => (number % 2 === 0 ? number : undefined)),
  )
  expect(sizes).toEqual([500, 500, 200])
})

test('what comes while statements are in work shares the next one', async () => {
  const works: { tokenHashes: Buffer[]; settle: (rows: TokenRow[]) => void }[] = []
  const lookups = new TokenLookups(
    (tokenHashes) =>
      new Promise((settle) => {
        works.push({ tokenHashes, settle })
      }),
  )
  const turns = async (): Promise<void> => {
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve()
  }
  const found: Promise<TokenRow | undefined>[] = []
  for (let number = 0; number < 6; number += 1) {
    found.push(lookups.find(hashOf(number)))
    await turns()
  }
  expect(works.map((work) => work.tokenHashes.length)).toEqual([1, 1])
  works[0]?.settle([])
  await turns()
  expect(works.map((work) => work.tokenHashes.length)).toEqual([1, 1, 4])
  for (const { tokenHashes, settle } of works) settle(tokenHashes.map(rowOf))
  expect((await Promise.all(found)).map((row) => row?.sequence)).toEqual([undefined, 1, 2, 3, 4, 5])
})

test('a statement that fails fails those who share it, and nobody after them', async () => {
  let fails = true
  const lookups = new TokenLookups(async (tokenHashes) => {
    if (fails) throw new Error('no answer')
    return tokenHashes.map(rowOf)
  })
  const asked = [lookups.find(hashOf(1)), lookups.find(hashOf(2))]
  expect((await Promise.allSettled(asked)).map((one) => one.status)).toEqual(['rejected', 'rejected'])
  fails = false
  expect((await lookups.find(hashOf(3)))?.sequence).toBe(3)
})

test('more than a few thousand at once are told to come again', async () => {
  const lookups = new TokenLookups(() => new Promise(() => undefined))
  for (let number = 0; number < 5_000; number += 1) void lookups.find(hashOf(number))
  let refused: unknown
  try {
    void lookups.find(hashOf(5_000))
  } catch (error) {
    refused = error
  }
  expect(refused).toMatchObject({ code: 'UNAVAILABLE', http: 503, retryAfterSeconds: 2 })
})
