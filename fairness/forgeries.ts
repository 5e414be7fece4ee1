/** For tests: rooms are tampered with in what they publish, and checked as the command checks them. */
import fc from 'fast-check'
import type { FairnessAnswer, PublishedAdmission, PublishedEnd, PublishedEntry } from './answers.ts'
import type { FairnessOptions } from './arguments.ts'
import { checkRoom } from './check-room.ts'
import type { Check } from './findings.ts'
import { readRoom } from './read-room.ts'
import { chained, pageOf } from './simulated-room.ts'
import type { EndRow, Row, SimulatedRoom } from './simulated-room.ts'

/** What somebody can have noted of a room. */
export type Options = Pick<FairnessOptions, 'scheduleId' | 'commitment' | 'head' | 'entry'>

/** The name of the check that finds changed hashes. */
export const HASHES = 'every hash follows from the one before, and the last is the head'

/** A page has so few entries that busy rooms have several. */
export const PAGE_SIZE = 4

/** Reads and checks a room; `alter` changes single pages of it. */
export function checksOf(
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

/** The checks that do not hold. */
export const brokenOf = (checks: readonly Check[]): Check[] =>
  checks.filter(({ outcome }) => outcome === 'broken')

// Which entries `pickEntry` picks from.
export const isAny = (_entry: PublishedEntry): _entry is PublishedEntry => true
export const isAdmission = (entry: PublishedEntry): entry is PublishedAdmission => entry.kind === 'ADMITTED'
export const isEnd = (entry: PublishedEntry): entry is PublishedEnd => entry.kind !== 'ADMITTED'

/** One of the entries that fit. A room without such an entry is skipped. */
export function pickEntry<Entry extends PublishedEntry>(
  { log }: SimulatedRoom,
  pick: number,
  fits: (entry: PublishedEntry) => entry is Entry,
): Entry {
  const fitting = log.filter(fits)
  const entry = fitting[pick % fitting.length]
  fc.pre(entry !== undefined)
  return entry
}

/** Another log with new numbers and hashes, as an operator could make it who controls the system. */
export function rewritten(room: SimulatedRoom, rows: readonly Row[]): SimulatedRoom {
  return { ...room, log: chained(room.scheduleId, room.commitment, rows) }
}

/** The rows of a room with others, or none, in the place of one entry. */
export function replaced({ log }: SimulatedRoom, entry: PublishedEntry, ...by: readonly Row[]): Row[] {
  return log.flatMap((row): readonly Row[] => (row === entry ? by : [row]))
}

/** A published time that many milliseconds later. */
export const shifted = (time: string, ms: number): string => new Date(Date.parse(time) + ms).toISOString()

/** An end of the same place for another reason. */
export const withOtherKind = ({ kind }: EndRow): Pick<EndRow, 'kind'> => ({
  kind: kind === 'NO_SHOW' ? 'TIME_UP' : 'NO_SHOW',
})
