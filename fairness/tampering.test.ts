import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { FairnessAnswer } from './answers.ts'
import type { FairnessOptions } from './arguments.ts'
import { checkRoom } from './check-room.ts'
import type { Check } from './findings.ts'
import { readRoom } from './read-room.ts'
import { busyRooms, chained, drawnSequences, honestRooms, pageOf, sha256 } from './simulated-room.ts'
import type { Row, SimulatedRoom } from './simulated-room.ts'

type Options = Pick<FairnessOptions, 'scheduleId' | 'commitment' | 'head' | 'entry'>
type Tampering = (room: SimulatedRoom, pick: number) => { room: SimulatedRoom; noted?: Partial<Options> }

const HASHES = 'every hash follows from the one before, and the last is the head'
const PAGE_SIZE = 4

function checksOf(
  room: SimulatedRoom,
  noted: Partial<Options>,
  alter: (page: FairnessAnswer, from: number) => FairnessAnswer = (page) => page,
): Promise<Check[]> {
  const options = { commitment: undefined, head: undefined, entry: undefined, ...noted }
  const { scheduleId } = room
  const ask = (from: number): Promise<FairnessAnswer> =>
    Promise.resolve(alter(pageOf(room, from, PAGE_SIZE), from))
  return readRoom(ask, { ...options, scheduleId }).then((reading) =>
    checkRoom(reading, { ...options, scheduleId }),
  )
}

const brokenOf = (checks: readonly Check[]): Check[] => checks.filter(({ outcome }) => outcome === 'broken')

/** The number of one of the rows that fit. A room without such a row is skipped. */
function pickNumber(room: SimulatedRoom, pick: number, fits: (row: Row) => boolean = () => true): number {
  const numbers = room.log.filter(fits).map(({ number }) => number)
  const number = numbers[pick % numbers.length]
  fc.pre(number !== undefined)
  return number
}

/** Another log with new numbers and hashes, as an operator could make it who controls the system. */
function rewritten(room: SimulatedRoom, rows: readonly Row[]): SimulatedRoom {
  return { ...room, log: chained(room.scheduleId, room.commitment, rows) }
}

function changed(room: SimulatedRoom, number: number, change: (row: Row) => Partial<Row>): Row[] {
  return room.log.map((row) => (row.number === number ? { ...row, ...change(row) } : row))
}

const isLimited = (row: Row): row is Row & { maxActive: number } => row.maxActive !== null
const noteEnd = ({ log }: SimulatedRoom): Partial<Options> => ({
  head: { number: log.length, hash: log.at(-1)?.hash ?? '' },
})

const tamperings: [string, string, Tampering][] = [
  [
    'a draw in another order than the seed gives',
    'has the place that the draw gave it',
    (room, pick) => {
      const drawn = [...drawnSequences(room)]
      const [entry = 0] = drawn[pick % drawn.length] ?? []
      const [, sequence = 0] = drawn[(pick + 1) % drawn.length] ?? []
      return { room, noted: { entry: { entry, sequence } } }
    },
  ],
  [
    'an entry that was left out of the draw',
    'has the place that the draw gave it',
    (room) => ({ room, noted: { entry: { entry: room.draw.entries + 1, sequence: undefined } } }),
  ],
  [
    'another seed than the one committed to',
    'the seed is the one committed to',
    (room, pick) => ({ room: { ...room, seed: sha256(`${pick}`) } }),
  ],
  [
    'a commitment exchanged together with its seed',
    'the commitment is the one noted before the opening',
    (room, pick) => {
      const seed = sha256(`${pick}`)
      const commitment = sha256(Buffer.from(seed, 'hex'))
      const other = { ...room, seed, commitment }
      return { room: rewritten(other, room.log), noted: { commitment: room.commitment } }
    },
  ],
  [
    'a log rewritten without one of its rows',
    'the head noted earlier is still at its number',
    (room, pick) => {
      const number = pickNumber(room, pick)
      const rows = room.log.filter((row) => row.number !== number)
      return { room: rewritten(room, rows), noted: noteEnd(room) }
    },
  ],
  [
    'a log rewritten with another field',
    'the head noted earlier is still at its number',
    (room, pick) => {
      const rows = changed(room, pickNumber(room, pick), ({ active }) => ({ active: active + 1 }))
      return { room: rewritten(room, rows), noted: noteEnd(room) }
    },
  ],
  [
    'somebody let in twice',
    'no sequence is admitted twice',
    (room, pick) => {
      const number = pickNumber(room, pick)
      const again = room.log.filter((row) => row.number === number)
      return { room: rewritten(room, [...room.log, ...again]) }
    },
  ],
  [
    'somebody let in by the entry number',
    'nobody is admitted by an entry number, past the draw',
    (room, pick) => {
      const sequence = (pick % room.draw.entries) + 1
      return {
        room: rewritten(
          room,
          changed(room, pickNumber(room, pick), () => ({ sequence })),
        ),
      }
    },
  ],
  [
    'a place passed over for a higher one',
    'nobody was passed over',
    (room, pick) => {
      const lowest = pickNumber(
        { ...room, log: room.log.slice(0, -1) },
        pick,
        ({ enteredAt, admittedAt }) => enteredAt < admittedAt,
      )
      const low = room.log.find(({ number }) => number === lowest)
      const high = room.log.find((row) => row.number > lowest && row.sequence > (low?.sequence ?? 0))
      fc.pre(low !== undefined && high !== undefined)
      const exchanged = new Map([
        [low.number, high],
        [high.number, low],
      ])
      const rows = room.log.map((row) => {
        const { sequence, enteredAt } = exchanged.get(row.number) ?? row
        return { ...row, sequence, enteredAt }
      })
      return { room: rewritten(room, rows) }
    },
  ],
  [
    'more in than maxActive',
    'never more in than maxActive',
    (room, pick) => {
      const number = pickNumber(room, pick, isLimited)
      const rows = changed(room, number, ({ maxActive }) => ({ active: (maxActive ?? 0) + 1 }))
      return { room: rewritten(room, rows) }
    },
  ],
  [
    'more in a second than admitPerSecond',
    'never faster than admitPerSecond',
    (room, pick) => {
      const number = pickNumber(room, pick, isLimited)
      const rows = room.log.flatMap((row) => {
        if (row.number !== number) return [row]
        // As many as are allowed, beside the one who was there.
        const others = Array.from({ length: row.admitPerSecond }, (_, index) => ({
          ...row,
          sequence: 1_000 + index,
        }))
        return [row, ...others]
      })
      return { room: rewritten(room, rows) }
    },
  ],
]

describe('an honest room', () => {
  test('verifies, with all that anybody could have noted of it', async () => {
    await fc.assert(
      fc.asyncProperty(honestRooms, fc.nat(), async (room, pick) => {
        const { commitment, log } = room
        const drawn = [...drawnSequences(room)]
        const own = drawn[pick % drawn.length]
        const row = log[pick % log.length]
        const checks = await checksOf(room, {
          commitment,
          head: row === undefined ? undefined : { number: row.number, hash: row.hash },
          entry: own === undefined ? undefined : { entry: own[0], sequence: own[1] },
        })
        expect(brokenOf(checks)).toEqual([])
        expect(checks.map(({ outcome }) => outcome)).not.toContain('not yet')
      }),
      { numRuns: 200 },
    )
  })

  test('verifies while people are let in: up to the length of the first answer', async () => {
    await fc.assert(
      fc.asyncProperty(busyRooms, async (room) => {
        fc.pre(room.log.length > PAGE_SIZE + 1)
        const early = { ...room, log: room.log.slice(0, PAGE_SIZE + 1) }
        const checks = await checksOf(room, {}, (page, from) =>
          from === 1 ? pageOf(early, 1, PAGE_SIZE) : page,
        )
        expect(brokenOf(checks)).toEqual([])
      }),
    )
  })

  test('has nothing to hide before the draw', async () => {
    await fc.assert(
      fc.asyncProperty(honestRooms, async (room) => {
        const closed = { ...room, log: [] }
        const checks = await checksOf(closed, { entry: { entry: 1, sequence: 1 } }, (page) => ({
          ...page,
          seed: null,
          draw: null,
        }))
        expect(brokenOf(checks)).toEqual([])
        expect(checks.filter(({ outcome }) => outcome === 'not yet')).toHaveLength(3)
      }),
      { numRuns: 20 },
    )
  })
})

describe('in a room with hashes made to fit', () => {
  test.each(tamperings)('%s is found and named', async (_name, named, tamper) => {
    await fc.assert(
      fc.asyncProperty(busyRooms, fc.nat(), async (honest, pick) => {
        const { room, noted = {} } = tamper(honest, pick)
        const broken = brokenOf(await checksOf(room, noted))
        expect(broken.map(({ name }) => name)).toContainEqual(expect.stringContaining(named))
        // Hashes that fit are no excuse, and no accusation either.
        expect(broken.map(({ name }) => name)).not.toContain(HASHES)
      }),
      { numRuns: 40 },
    )
  })
})

describe('in a log whose hashes stay as they were', () => {
  const fields = ['sequence', 'enteredAt', 'admittedAt', 'active', 'maxActive', 'admitPerSecond'] as const

  function changeOf(field: (typeof fields)[number], row: Row): Partial<Row> {
    if (field === 'enteredAt' || field === 'admittedAt') {
      return { [field]: new Date(Date.parse(row[field]) + 1).toISOString() }
    }
    return { [field]: (row[field] ?? 0) + 1 }
  }

  async function expectFound(
    make: (room: SimulatedRoom, number: number) => { log: SimulatedRoom['log']; line: string },
  ): Promise<void> {
    await fc.assert(
      fc.asyncProperty(busyRooms, fc.nat(), async (honest, pick) => {
        const { log, line } = make(honest, pickNumber(honest, pick))
        // Head and length stay published as they were.
        const checks = await checksOf({ ...honest, log }, {}, (page) => ({
          ...page,
          log: pageOf(honest, 1).log,
        }))
        const found = checks.find(({ name }) => name === HASHES)
        expect(found).toMatchObject({ outcome: 'broken' })
        expect(found?.lines[0]).toContain(line)
      }),
      { numRuns: 40 },
    )
  }

  test.each(fields)('a changed %s is found at its number', (field) =>
    expectFound((room, number) => ({
      log: room.log.map((row) => (row.number === number ? { ...row, ...changeOf(field, row) } : row)),
      line: `admission ${number}: its hash does not follow`,
    })),
  )

  test('a row that was dropped is missing', () =>
    expectFound((room, number) => ({
      log: room.log.filter((row) => row.number !== number),
      line:
        number === room.log.length
          ? `the log ends at number ${number - 1}`
          : `admission ${number + 1} comes after number ${number - 1}: ${number} is missing`,
    })))

  test('a row that comes twice is found', () =>
    expectFound((room, picked) => {
      // Behind the last one nobody looks: the log ends there.
      const number = Math.min(picked, room.log.length - 1)
      return {
        log: room.log.flatMap((row) => (row.number === number ? [row, row] : [row])),
        line: `admission ${number} comes after number ${number}: twice`,
      }
    }))

  test('two rows exchanged are found', () =>
    expectFound((room, number) => {
      const at = Math.min(number, room.log.length - 1)
      const [before, row, next, after] = [
        room.log.slice(0, at - 1),
        room.log.slice(at - 1, at),
        room.log.slice(at, at + 1),
        room.log.slice(at + 1),
      ]
      return {
        log: [...before, ...next, ...row, ...after],
        line: `admission ${at + 1} comes after number ${at - 1}`,
      }
    }))
})

describe('a system that says one thing and then another', () => {
  const changes: [string, (page: FairnessAnswer) => Partial<FairnessAnswer>, string][] = [
    ['its commitment', () => ({ commitment: sha256('other') }), 'the commitment was'],
    ['its seed', () => ({ seed: sha256('other') }), 'the seed was'],
    ['its seed, taken back', () => ({ seed: null }), 'then null'],
    ['its draw', ({ draw }) => ({ draw: draw && { ...draw, entries: draw.entries + 1 } }), 'the draw was'],
    ['its head', ({ log }) => ({ log: { ...log, head: sha256('other') } }), 'the head at number'],
    ['its length', ({ log }) => ({ log: { ...log, length: log.length - 1 } }), 'the log got shorter'],
  ]

  test.each(changes)('about %s is found', async (_name, change, line) => {
    await fc.assert(
      fc.asyncProperty(busyRooms, async (room) => {
        fc.pre(room.log.length > PAGE_SIZE)
        const checks = await checksOf(room, {}, (page, from) =>
          from === 1 ? page : { ...page, ...change(page) },
        )
        const [found] = brokenOf(checks)
        expect(found?.name).toBe('what was published stays while it is read')
        expect(found?.lines[0]).toContain(line)
      }),
      { numRuns: 20 },
    )
  })
})

describe('a log without end', () => {
  const room = { scheduleId: 7, head: undefined }
  const empty = (length: number, nextFrom: number): FairnessAnswer => ({
    commitment: sha256('commitment'),
    seed: null,
    draw: null,
    log: { length, head: sha256('head') },
    admissions: [],
    nextFrom,
  })

  test.each([
    ['that leads back to where it was', () => empty(10, 1), 'the page from 1 is followed by the page from 1'],
    ['of endless pages', (from: number) => empty(3_000_000, from + 1), 'more than 3000 pages'],
    ['longer than can be read', () => empty(3_000_001, 2), 'has 3000001 admissions'],
  ])('%s is not read for ever', async (_name, page, problem) => {
    await expect(readRoom((from) => Promise.resolve(page(from)), room)).rejects.toThrow(problem)
  })
})
