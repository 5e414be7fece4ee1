import { describe, expect, test } from '@jest/globals'
import { AdmissionChain, entryHash, genesisHash } from './admission-chain.ts'
import type { PublishedAdmission, PublishedEnd, PublishedEntry } from './answers.ts'
import type { NotedHead } from './noted.ts'

// Made with Python's hashlib from docs/fairness.md, for the seed of the bytes 0 to 31.
const COMMITMENT = '630dcd2966c4336691125448bbb25b4ff412a49c732db2c8abc1b8581bd710dd'
const GENESIS = 'e08270f2442af4a61076747e10851cb1ea4f7b88cb8ee56c29063ff71e5ae303'
const first: PublishedAdmission = {
  kind: 'ADMITTED',
  number: 1,
  sequence: 9,
  enteredAt: '2026-11-21T12:00:00.000Z',
  admittedAt: '2026-11-21T12:00:01.250Z',
  active: 1,
  maxActive: 5,
  admitPerSecond: 2,
  hash: '75830db0dd78f3dcf1324be7cda0b380bc917c95258846c572ac7eb67051ed81',
}
const second: PublishedAdmission = {
  ...first,
  number: 2,
  sequence: 6,
  active: 2,
  maxActive: null,
  hash: 'ea5b595d77bb0981cbdc9260ab5a2eee7f0cf76a90ac50138d579f166c392b87',
}
const third: PublishedEnd = {
  kind: 'NO_SHOW',
  number: 3,
  sequence: 6,
  admittedAt: '2026-11-21T12:00:01.250Z',
  endedAt: '2026-11-21T12:01:31.250Z',
  allowedMs: 90_000,
  hash: '47bc795a0a40c395e8b6a644854ef87cdc0a9bcfc40e1b318c817086d9a02517',
}
const fourth: PublishedEnd = {
  kind: 'TIME_UP',
  number: 4,
  sequence: 9,
  admittedAt: '2026-11-21T12:00:01.250Z',
  endedAt: '2026-11-21T12:15:01.300Z',
  allowedMs: 900_000,
  hash: 'cecabe846ea90a33dcefc628c23ad61b646405e924278b472a3cfdc727d37983',
}

function follow(entries: readonly PublishedEntry[], noted?: NotedHead): AdmissionChain {
  const chain = new AdmissionChain(GENESIS, noted)
  for (const entry of entries) chain.follow(entry)
  return chain
}

describe('the hashes of the log', () => {
  test('are those of another program', () => {
    expect(genesisHash(7, COMMITMENT)).toBe(GENESIS)
    expect(entryHash(GENESIS, first)).toBe(first.hash)
    expect(entryHash(first.hash, second)).toBe(second.hash)
    expect(entryHash(second.hash, third)).toBe(third.hash)
    expect(entryHash(third.hash, fourth)).toBe(fourth.hash)
  })

  test('hold from the genesis hash to the head, also of an empty log', () => {
    expect(follow([first, second]).checkHashes({ length: 2, head: second.hash }).outcome).toBe('holds')
    const all = follow([first, second, third, fourth])
    expect(all.checkHashes({ length: 4, head: fourth.hash })).toMatchObject({
      outcome: 'holds',
      lines: ['4 hashes'],
    })
    expect(follow([]).checkHashes({ length: 0, head: GENESIS })).toMatchObject({
      name: 'every hash follows from the one before, and the last is the head',
      outcome: 'holds',
      lines: ['0 hashes'],
    })
  })

  test.each([
    ['a changed field', [first, { ...second, sequence: 7 }], 'number 2: its hash does not follow'],
    ['a changed hash', [{ ...first, hash: GENESIS }, second], 'number 1: its hash does not follow'],
    ['a missing number', [second], 'number 2 comes after number 0: 1 is missing'],
    [
      'a number missing in between',
      [first, { ...second, number: 3 }],
      'number 3 comes after number 1: 2 is missing',
    ],
    ['missing numbers', [{ ...second, number: 4 }], 'number 4 comes after number 0: 1 to 3 are missing'],
    ['a number twice', [first, first, second], 'number 1 comes after number 1: twice'],
    ['a log that ends early', [first], 'ends at number 1; its length is published as 2'],
    ['another head', [first, { ...second, hash: GENESIS }], 'the head is published as'],
  ])('%s is found at its number', (_name, entries, line) => {
    const check = follow(entries).checkHashes({ length: 2, head: second.hash })
    expect(check.outcome).toBe('broken')
    expect(check.lines).toContainEqual(expect.stringContaining(line))
  })

  test('one change is one finding, not one at each number after it', () => {
    const check = follow([{ ...first, active: 2 }, second]).checkHashes({ length: 2, head: second.hash })
    expect(check.lines).toHaveLength(1)
  })
})

describe('a head noted earlier', () => {
  test('holds where it still stands, at number 0 too', () => {
    expect(follow([first, second], { number: 1, hash: first.hash }).checkNotedHead().outcome).toBe('holds')
    expect(follow([first], { number: 0, hash: GENESIS }).checkNotedHead()).toMatchObject({
      outcome: 'holds',
      lines: ['number 0'],
    })
  })

  test.each([
    ['other than it was', { number: 1, hash: GENESIS }, `at number 1 stands ${first.hash}`],
    ['beyond the end', { number: 3, hash: first.hash }, 'number 3 was noted and is not in the log any more'],
    ['of another genesis', { number: 0, hash: first.hash }, `at number 0 stands ${GENESIS}`],
  ])('%s is found', (_name, noted, line) => {
    expect(follow([first, second], noted).checkNotedHead()).toMatchObject({
      outcome: 'broken',
      lines: [expect.stringContaining(line)],
    })
  })

  test('is not checked where none was noted', () => {
    expect(follow([first]).checkNotedHead()).toMatchObject({
      name: 'the head noted earlier is still at its number',
      outcome: 'not checked',
      lines: ['--head NUMBER:HASH, as printed below, checks it next time'],
    })
  })
})
