import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { FairnessAnswer, PublishedAdmission, PublishedEnd, PublishedEntry } from './answers.ts'
import {
  brokenOf,
  checksOf,
  HASHES,
  isAdmission,
  isAny,
  isEnd,
  PAGE_SIZE,
  pickEntry,
  shifted,
  withOtherKind,
} from './forgeries.ts'
import { readRoom } from './read-room.ts'
import { busyRooms, pageOf, sha256 } from './simulated-room.ts'
import type { SimulatedRoom } from './simulated-room.ts'

describe('in a log whose hashes stay as they were', () => {
  const admissionChanges: [string, (row: PublishedAdmission) => Partial<PublishedAdmission>][] = [
    ['sequence', ({ sequence }) => ({ sequence: sequence + 1 })],
    ['enteredAt', ({ enteredAt }) => ({ enteredAt: shifted(enteredAt, 1) })],
    ['admittedAt', ({ admittedAt }) => ({ admittedAt: shifted(admittedAt, 1) })],
    ['active', ({ active }) => ({ active: active + 1 })],
    ['maxActive', ({ maxActive }) => ({ maxActive: (maxActive ?? 0) + 1 })],
    ['admitPerSecond', ({ admitPerSecond }) => ({ admitPerSecond: admitPerSecond + 1 })],
  ]
  const endChanges: [string, (row: PublishedEnd) => Partial<PublishedEnd>][] = [
    ['kind', withOtherKind],
    ['sequence', ({ sequence }) => ({ sequence: sequence + 1 })],
    ['admittedAt', ({ admittedAt }) => ({ admittedAt: shifted(admittedAt, 1) })],
    ['endedAt', ({ endedAt }) => ({ endedAt: shifted(endedAt, 1) })],
    ['allowedMs', ({ allowedMs }) => ({ allowedMs: allowedMs - 1 })],
  ]

  async function expectFound<Entry extends PublishedEntry>(
    fits: (entry: PublishedEntry) => entry is Entry,
    make: (room: SimulatedRoom, entry: Entry) => { log: SimulatedRoom['log']; line: string },
  ): Promise<void> {
    await fc.assert(
      fc.asyncProperty(busyRooms, fc.nat(), async (honest, pick) => {
        const { log, line } = make(honest, pickEntry(honest, pick, fits))
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

  test.each(admissionChanges)('a changed %s of an admission is found at its number', (_field, change) =>
    expectFound(isAdmission, (room, entry) => ({
      log: room.log.map((row) => (row === entry ? { ...entry, ...change(entry) } : row)),
      line: `number ${entry.number}: its hash does not follow`,
    })),
  )

  test.each(endChanges)('a changed %s of an end is found at its number', (_field, change) =>
    expectFound(isEnd, (room, entry) => ({
      log: room.log.map((row) => (row === entry ? { ...entry, ...change(entry) } : row)),
      line: `number ${entry.number}: its hash does not follow`,
    })),
  )

  test('a row that was dropped is missing', () =>
    expectFound(isAny, (room, { number }) => ({
      log: room.log.filter((row) => row.number !== number),
      line:
        number === room.log.length
          ? `the log ends at number ${number - 1}`
          : `number ${number + 1} comes after number ${number - 1}: ${number} is missing`,
    })))

  test('a row that comes twice is found', () =>
    expectFound(isAny, (room, picked) => {
      // Behind the last one nobody looks: the log ends there.
      const number = Math.min(picked.number, room.log.length - 1)
      return {
        log: room.log.flatMap((row) => (row.number === number ? [row, row] : [row])),
        line: `number ${number} comes after number ${number}: twice`,
      }
    }))

  test('two rows exchanged are found', () =>
    expectFound(isAny, (room, { number }) => {
      const at = Math.min(number, room.log.length - 1)
      const [before, row, next, after] = [
        room.log.slice(0, at - 1),
        room.log.slice(at - 1, at),
        room.log.slice(at, at + 1),
        room.log.slice(at + 1),
      ]
      return {
        log: [...before, ...next, ...row, ...after],
        line: `number ${at + 1} comes after number ${at - 1}`,
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
    rules: { showUpMs: 90_000, activeMaxMs: 900_000 },
    log: { length, head: sha256('head') },
    entries: [],
    nextFrom,
  })

  test.each([
    ['that leads back to where it was', () => empty(10, 1), 'the page from 1 is followed by the page from 1'],
    ['of endless pages', (from: number) => empty(3_000_000, from + 1), 'more than 3000 pages'],
    ['longer than can be read', () => empty(3_000_001, 2), 'has 3000001 entries'],
  ])('%s is not read for ever', async (_name, page, problem) => {
    await expect(readRoom((from) => Promise.resolve(page(from)), room)).rejects.toThrow(problem)
  })
})
