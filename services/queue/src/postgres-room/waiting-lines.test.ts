import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { placeInLine, WaitingLines } from './waiting-lines.ts'
import type { WaitingLine } from './waiting-lines.ts'

const lineOf = (sequences: number[], lastSequence: number): WaitingLine => ({
  sequences: Float64Array.from(sequences),
  lastSequence,
  isClosed: true,
})

test('a place is behind all that wait with a lower sequence', () => {
  const sequences = fc.uniqueArray(fc.integer({ min: 1, max: 500 }), { maxLength: 60 })
  fc.assert(
    fc.property(sequences, fc.integer({ min: 1, max: 500 }), (waiting, sequence) => {
      const sorted = waiting.toSorted((a, b) => a - b)
      const { before } = placeInLine(lineOf(sorted, 500), sequence, false)
      expect(before).toBe(sorted.filter((other) => other < sequence).length)
    }),
  )
})

test('who joined after the line was read stands behind it, one after the other', () => {
  const line = lineOf([4, 7], 9)
  expect(placeInLine(line, 10, false)).toEqual({ before: 2, waiting: 3 })
  expect(placeInLine(line, 12, false)).toEqual({ before: 4, waiting: 5 })
  expect(placeInLine(line, 7, false)).toEqual({ before: 1, waiting: 2 })
  expect(placeInLine(lineOf([], 0), 1, false)).toEqual({ before: 0, waiting: 1 })
})

/** Lines whose reads the test settles itself. `readsStarted` lets reads that are due begin. */
function controlledLines() {
  const reads: { scheduleId: number; settle: (line: WaitingLine) => void; fail: (error: Error) => void }[] =
    []
  const clock = { now: 0 }
  const lines = new WaitingLines(
    (scheduleId) =>
      new Promise((settle, fail) => {
        reads.push({ scheduleId, settle, fail })
      }),
    () => clock.now,
  )
  const readsStarted = async (): Promise<void> => {
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve()
  }
  return { reads, clock, lines, readsStarted }
}

test('a crowd shares one read a second', async () => {
  const { reads, clock, lines, readsStarted } = controlledLines()
  const asked = Promise.all([lines.get(1), lines.get(1), lines.get(1)])
  await readsStarted()
  expect(reads).toHaveLength(1)
  reads[0]?.settle(lineOf([1], 1))
  await asked
  clock.now = 999
  await lines.get(1)
  expect(reads).toHaveLength(1)
  clock.now = 1_001
  const later = lines.get(1)
  await readsStarted()
  expect(reads).toHaveLength(2)
  reads[1]?.settle(lineOf([1, 2], 2))
  expect((await later).lastSequence).toBe(2)
})

test('a line that takes long to read stays fresh for ten times as long', async () => {
  const { reads, clock, lines, readsStarted } = controlledLines()
  const asked = lines.get(1)
  await readsStarted()
  clock.now = 600
  reads[0]?.settle(lineOf([1], 1))
  await asked
  clock.now = 6_500
  await lines.get(1)
  expect(reads).toHaveLength(1)
  clock.now = 6_700
  void lines.get(1)
  await readsStarted()
  expect(reads).toHaveLength(2)
})

test('one line is read at a time, and a read that fails holds up nobody', async () => {
  const { reads, lines, readsStarted } = controlledLines()
  const first = lines.get(1)
  const second = lines.get(2)
  await readsStarted()
  expect(reads.map((read) => read.scheduleId)).toEqual([1])
  reads[0]?.fail(new Error('no answer'))
  await expect(first).rejects.toThrow('no answer')
  await readsStarted()
  expect(reads.map((read) => read.scheduleId)).toEqual([1, 2])
  reads[1]?.settle(lineOf([], 0))
  await second
  void lines.get(1)
  await readsStarted()
  expect(reads.map((read) => read.scheduleId)).toEqual([1, 2, 1])
})

test('past four million people the line read longest ago is forgotten', async () => {
  const read: number[] = []
  const lines = new WaitingLines(async (scheduleId) => {
    read.push(scheduleId)
    return { sequences: new Float64Array(1_500_000), lastSequence: 1_500_000, isClosed: true }
  })
  for (const scheduleId of [1, 2, 3]) await lines.get(scheduleId)
  await lines.get(3)
  await lines.get(2)
  expect(read).toEqual([1, 2, 3])
  await lines.get(1)
  expect(read).toEqual([1, 2, 3, 1])
})

test('before the opening has closed the list, a higher sequence tells nothing of how many stand before it', () => {
  const early = { sequences: Float64Array.from([1, 2, 4]), lastSequence: 4, isClosed: false }
  expect(placeInLine(early, 4, false)).toEqual({ before: 2, waiting: 3 })
  // This place was drawn, or was joined behind the range of the draw, after the line was read.
  expect(placeInLine(early, 9, false)).toEqual({ before: 3, waiting: 4 })
  expect(placeInLine(early, 9, true)).toEqual({ before: 7, waiting: 8 })
  expect(placeInLine({ ...early, isClosed: true }, 9, false)).toEqual({ before: 7, waiting: 8 })
})
