import { checkRoom } from '../../../fairness/check-room.ts'
import type { Check } from '../../../fairness/findings.ts'
import { readRoom } from '../../../fairness/read-room.ts'
import type { AskPage, RoomReading } from '../../../fairness/read-room.ts'
import type { DrawNote } from './draw-note.ts'

/** A log that is longer is for `npm run verify-fairness`: these are 36 MB to load and some seconds of work. */
export const ENTRIES_MAX = 150_000

/** The log is too long to be checked in a browser. */
export class LogTooLongError extends Error {
  override name = 'LogTooLongError'
}

/** What a person is told about: checks that answer one question. */
const questions = ['seal', 'log', 'order', 'limits', 'ends', 'own'] as const

type Question = (typeof questions)[number]

/** The checks of docs/fairness.md by their names, and the question that each answers. */
const questionOf: Readonly<Record<string, Question>> = {
  'the seed is the one committed to': 'seal',
  'the commitment is the one noted before the opening': 'seal',
  'every hash follows from the one before, and the last is the head': 'log',
  'the head noted earlier is still at its number': 'log',
  'what was published stays while it is read': 'log',
  'no sequence is admitted twice': 'order',
  'nobody is admitted by an entry number, past the draw': 'order',
  'nobody was passed over': 'order',
  'never more in than maxActive': 'limits',
  'never faster than admitPerSecond': 'limits',
  'every end is the only one of an admission before it': 'ends',
  'no end came early': 'ends',
  'everybody was allowed the same time': 'ends',
}

/** What came of a question. `lines` say in English what contradicts what. */
interface Answer {
  question: Question
  outcome: 'holds' | 'broken'
  lines: string[]
}

/** Where the person of this browser stands, as far as the log and the note tell. */
export interface OwnPlace {
  /** The number before the opening, where this browser noted it. */
  entry?: number
  /** The place that the draw gave, from 1; undefined for who came after the opening. */
  rank?: number
  admitted?: { number: number; at: string }
}

/** What was checked, to be said in words. */
export interface DrawReport {
  /** `not-yet`: the draw is not made. */
  outcome: 'holds' | 'broken' | 'not-yet'
  answers: Answer[]
  /** Whether this browser had noted the seal before the opening, and so knows that it is the same. */
  isSealNoted: boolean
  /** People in the draw, and entries in the log. */
  entries: number
  length: number
  /** Undefined where this browser knows of no place. */
  own?: OwnPlace
}

/** Reads the whole published log page by page, and checks it as `npm run verify-fairness` does. Throws LogTooLongError and FairnessProblem. */
export async function checkDraw({
  scheduleId,
  note,
  ask,
  tell,
}: {
  scheduleId: number
  note: DrawNote
  ask: AskPage
  tell: (progress: { read: number; total: number }) => void
}): Promise<DrawReport> {
  const reading = await readRoom(
    async (from) => {
      const page = await ask(from)
      const { length } = page.log
      if (length > ENTRIES_MAX) throw new LogTooLongError()
      tell({ read: Math.min(length, page.nextFrom === null ? length : page.nextFrom - 1), total: length })
      return page
    },
    { scheduleId, head: undefined },
  )
  const { commitment } = note
  const { entry, sequence } = numbersOf(note, reading.published.draw?.entries)
  const checks = checkRoom(reading, {
    scheduleId,
    commitment,
    entry: entry === undefined ? undefined : { entry, sequence },
  })
  return toReport(reading, checks, { ...note, entry, sequence })
}

/** Numbers above twice the entries are given after the draw: such a place came late, whatever the clocks said when it was noted. */
function numbersOf(
  { entry, sequence }: DrawNote,
  entries: number | undefined,
): Pick<Known, 'entry' | 'sequence'> {
  const cameLate = entries !== undefined && entry !== undefined && entry > 2 * entries
  return cameLate ? { entry: undefined, sequence: sequence ?? entry } : { entry, sequence }
}

/** A note, as it is looked at beside a draw. */
interface Known {
  commitment?: string
  entry: number | undefined
  sequence: number | undefined
}

function toReport(reading: RoomReading, checks: readonly Check[], note: Known): DrawReport {
  const { draw, log } = reading.published
  const answers = questions.flatMap((question) => {
    const own = checks.filter(({ name }) => (questionOf[name] ?? 'own') === question)
    return own.length === 0 ? [] : [toAnswer(question, own)]
  })
  const isBroken = answers.some(({ outcome }) => outcome === 'broken')
  const place = ownPlace(reading, note)
  return {
    outcome: isBroken ? 'broken' : draw === null ? 'not-yet' : 'holds',
    answers,
    isSealNoted: note.commitment !== undefined,
    entries: draw?.entries ?? 0,
    length: log.length,
    ...(place === undefined ? {} : { own: place }),
  }
}

function toAnswer(question: Question, checks: readonly Check[]): Answer {
  const broken = checks.filter(({ outcome }) => outcome === 'broken')
  return {
    question,
    outcome: broken.length === 0 ? 'holds' : 'broken',
    lines: broken.flatMap(({ name, lines }) => [`${name}: no`, ...lines]),
  }
}

function ownPlace(
  { published: { draw }, admissions }: RoomReading,
  { entry, sequence }: Known,
): OwnPlace | undefined {
  if (draw === null || sequence === undefined) return undefined
  const { entries } = draw
  const isDrawn = sequence > entries && sequence <= 2 * entries
  const admission = admissions.find((one) => one.sequence === sequence)
  return {
    ...(entry === undefined ? {} : { entry }),
    ...(isDrawn ? { rank: sequence - entries } : {}),
    ...(admission === undefined
      ? {}
      : { admitted: { number: admission.number, at: new Date(admission.admittedAtMs).toISOString() } }),
  }
}
