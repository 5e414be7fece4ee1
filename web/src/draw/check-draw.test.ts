import { expect, test } from '@jest/globals'
import { drawnSequences, pageOf, runRoom } from '../../../fairness/simulated-room.ts'
import type { SimulatedRoom } from '../../../fairness/simulated-room.ts'
import { checkDraw, ENTRIES_MAX, LogTooLongError } from './check-draw.ts'
import type { DrawNote } from './draw-note.ts'

const room = runRoom({
  scheduleId: 7,
  seed: '0a'.repeat(32),
  entries: 12,
  steps: [
    { kind: 'limit', maxActive: 4, admitPerSecond: 4 },
    { kind: 'join', entersAfterMs: 5 },
    ...Array.from({ length: 20 }, () => [
      { kind: 'pass', ms: 2_000 } as const,
      { kind: 'done', people: 2 } as const,
    ]).flat(),
  ],
})
const sequenceOf = (entry: number): number => drawnSequences(room).get(entry) ?? 0

async function check(published: SimulatedRoom, note: DrawNote = {}) {
  const progress: number[] = []
  const report = await checkDraw({
    scheduleId: 7,
    note,
    ask: (from) => Promise.resolve(pageOf(published, from, 4)),
    tell: ({ read }) => progress.push(read),
  })
  return { report, progress }
}

test('an honest draw holds in every question, and a person is told the place that the draw gave', async () => {
  const note = { commitment: room.commitment, place: 't', entry: 3, sequence: sequenceOf(3) }
  const { report, progress } = await check(room, note)
  expect(report).toMatchObject({ outcome: 'holds', isSealNoted: true, entries: 12, length: room.log.length })
  expect(report.answers.map(({ question, outcome }) => `${question} ${outcome}`)).toEqual(
    ['seal', 'log', 'order', 'limits', 'ends', 'own'].map((question) => `${question} holds`),
  )
  expect(report.own).toMatchObject({
    entry: 3,
    rank: sequenceOf(3) - 12,
    admitted: { at: expect.any(String) },
  })
  // The page says how far it is, and it never goes back.
  expect(progress.length).toBeGreaterThan(1)
  expect(progress).toEqual(progress.toSorted((a, b) => a - b))
  expect(progress.at(-1)).toBe(room.log.length)
})

test('a seal other than the noted one, and a place other than the drawn one, are said plainly', async () => {
  const otherSeal = await check(room, { commitment: 'ff'.repeat(32) })
  expect(otherSeal.report.outcome).toBe('broken')
  expect(otherSeal.report.answers.filter(({ outcome }) => outcome === 'broken')).toMatchObject([
    { question: 'seal', lines: [expect.stringContaining('noted before the opening'), expect.any(String)] },
  ])
  const otherPlace = await check(room, { place: 't', entry: 3, sequence: sequenceOf(4) })
  expect(otherPlace.report.answers.filter(({ outcome }) => outcome === 'broken')).toMatchObject([
    { question: 'own' },
  ])
})

test('who was left out of the draw is told so, and who came after it is not', async () => {
  const leftOut = await check(room, { place: 't', entry: 13 })
  expect(leftOut.report.answers.at(-1)).toMatchObject({ question: 'own', outcome: 'broken' })
  const late = await check(room, { place: 't', entry: 25 })
  expect(late.report).toMatchObject({ outcome: 'holds', own: {} })
})

test('an entry that was changed breaks the log', async () => {
  const log = room.log.map((entry, at) =>
    at === 2 ? { ...entry, admittedAt: '2026-11-21T13:00:00.000Z' } : entry,
  )
  const { report } = await check({ ...room, log })
  expect(report.outcome).toBe('broken')
  expect(report.answers.find(({ question }) => question === 'log')?.outcome).toBe('broken')
})

test('who came after the opening has no drawn place, and who this browser does not know is told nothing', async () => {
  expect((await check(room, { place: 't', sequence: 25 })).report.own).not.toHaveProperty('rank')
  const { report } = await check(room)
  expect(report).not.toHaveProperty('own')
  // Every rule belongs to a question that everybody is told.
  expect(report.answers.map(({ question }) => question)).toEqual(['seal', 'log', 'order', 'limits', 'ends'])
})

test('before the draw there is nothing to check yet', async () => {
  const { report } = await check({ ...room, log: [] })
  expect(report.outcome).toBe('holds')
  const early = await checkDraw({
    scheduleId: 7,
    note: {},
    ask: () => Promise.resolve({ ...pageOf({ ...room, log: [] }, 1), seed: null, draw: null }),
    tell: () => undefined,
  })
  expect(early.outcome).toBe('not-yet')
})

test('a log that is too long for a browser is not begun', async () => {
  const page = pageOf(room, 1)
  const ask = () => Promise.resolve({ ...page, log: { ...page.log, length: ENTRIES_MAX + 1 } })
  await expect(checkDraw({ scheduleId: 7, note: {}, ask, tell: () => undefined })).rejects.toThrow(
    LogTooLongError,
  )
})
