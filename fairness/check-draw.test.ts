import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { checkCommitment, checkEntry, checkSeed, rankOf } from './check-draw.ts'
import { drawnSequences, honestRooms, sha256 } from './simulated-room.ts'

const SEED = Buffer.from(Array.from({ length: 32 }, (_, index) => index)).toString('hex')
const COMMITMENT = '630dcd2966c4336691125448bbb25b4ff412a49c732db2c8abc1b8581bd710dd'
const time = '2026-11-21T12:00:00.000Z'
const draw = { entries: 5, closedAt: time, drawnAt: time }
const drawn = { commitment: COMMITMENT, seed: SEED, draw }

describe('the draw', () => {
  test('has the order that another program finds', () => {
    // Python's hmac, schedule 7, five entries: 4, 1, 2, 5, 3.
    const ranks = [1, 2, 3, 4, 5].map((entry) => rankOf(entry, { scheduleId: 7, entries: 5, seed: SEED }))
    expect(ranks).toEqual([2, 3, 5, 1, 4])
  })

  test('gives each entry the rank it has when all keys are sorted', () => {
    fc.assert(
      fc.property(honestRooms, (room) => {
        const { scheduleId, seed } = room
        const { entries } = room.draw
        for (const [entry, sequence] of drawnSequences(room)) {
          expect(entries + rankOf(entry, { scheduleId, entries, seed })).toBe(sequence)
        }
      }),
      { numRuns: 40 },
    )
  })

  test('is not replayed at any size that is claimed', () => {
    expect(() => rankOf(1, { scheduleId: 7, entries: 10_000_001, seed: SEED })).toThrow('too large')
  })
})

describe('the seed', () => {
  test('holds where its hash is the commitment, and is not yet to be seen before the draw', () => {
    expect(checkSeed(drawn).outcome).toBe('holds')
    expect(checkSeed({ commitment: COMMITMENT, seed: null, draw: null }).outcome).toBe('not yet')
  })

  test('says what it compared, or why it could not', () => {
    expect(checkSeed(drawn).lines).toEqual([`seed ${SEED}`])
    const notYet = { outcome: 'not yet', lines: ['the draw is not made'] }
    expect(checkSeed({ commitment: COMMITMENT, seed: null, draw: null })).toMatchObject(notYet)
    for (const early of [
      { ...drawn, seed: null },
      { ...drawn, draw: null },
    ]) {
      expect(checkEntry(7, early, { entry: 4, sequence: undefined })).toMatchObject(notYet)
    }
    expect(checkCommitment(COMMITMENT, COMMITMENT).lines).toEqual([COMMITMENT])
    expect(checkCommitment(COMMITMENT, 'ab').lines).toEqual([`it is ${COMMITMENT}, noted was ab`])
    expect(checkCommitment(COMMITMENT, undefined).lines).toEqual([
      '--commitment HEX, as noted before the opening, checks it',
    ])
  })

  test.each([
    ['another seed', { ...drawn, seed: sha256('another') }, 'the SHA-256 of the seed is'],
    ['a seed kept back', { ...drawn, seed: null }, 'its seed is not published'],
    ['a seed shown too early', { ...drawn, draw: null }, 'public before the draw is made'],
  ])('%s is found', (_name, published, line) => {
    expect(checkSeed(published)).toMatchObject({ outcome: 'broken', lines: [expect.stringContaining(line)] })
  })

  test('has to be the one whose commitment was noted', () => {
    expect(checkCommitment(COMMITMENT, COMMITMENT).outcome).toBe('holds')
    expect(checkCommitment(COMMITMENT, sha256('noted')).outcome).toBe('broken')
    expect(checkCommitment(COMMITMENT, undefined).outcome).toBe('not checked')
  })
})

describe('the place of an entry', () => {
  test('is shown, and compared with what its owner was told', () => {
    expect(checkEntry(7, drawn, { entry: 4, sequence: undefined })).toMatchObject({
      outcome: 'holds',
      lines: [expect.stringContaining('sequence 6, rank 1 of 5')],
    })
    expect(checkEntry(7, drawn, { entry: 4, sequence: undefined }).lines).toEqual([
      'sequence 6, rank 1 of 5 (compare: GET /queue/tokens/me)',
    ])
    expect(checkEntry(7, drawn, { entry: 4, sequence: 6 })).toMatchObject({
      outcome: 'holds',
      lines: ['sequence 6, rank 1 of 5'],
    })
  })

  test.each([
    [
      'another place than the drawn one',
      { entry: 4, sequence: 7 },
      'gave it sequence 6, rank 1 of 5; told was 7',
    ],
    ['an entry that was left out', { entry: 6, sequence: undefined }, 'entry 6 was left out'],
  ])('%s is found', (_name, own, line) => {
    expect(checkEntry(7, drawn, own)).toMatchObject({
      outcome: 'broken',
      lines: [expect.stringContaining(line)],
    })
  })

  test('is there for the last entry too', () => {
    expect(checkEntry(7, drawn, { entry: 5, sequence: 9 })).toMatchObject({
      outcome: 'holds',
      lines: ['sequence 9, rank 4 of 5'],
    })
  })

  test('is not there before the draw', () => {
    expect(checkEntry(7, { ...drawn, seed: null, draw: null }, { entry: 4, sequence: 4 }).outcome).toBe(
      'not yet',
    )
  })
})
