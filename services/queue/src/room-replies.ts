import { toScriptReply } from './room-scripts.ts'
import type { ScriptReply } from './room-scripts.ts'
import type { Admission } from './sql/admissions.ts'
import type { RoomLimits } from './sql/rooms.ts'

/** Where one person stands. */
export type Place =
  | { status: 'WAITING'; nowMs: number; sequence: number; before: number; waiting: number; roomOff: boolean }
  | {
      status: 'ACTIVE'
      nowMs: number
      sequence: number
      activeUntilMs: number
      roomOff: boolean
      /** Set where the holder was let in by this very join. */
      admission?: Admission
    }
  /** ENDED: its time is over. UNKNOWN: not in the room. REISSUED: another value is the place's token now. */
  | { status: 'ENDED' | 'UNKNOWN' | 'REISSUED' | 'FULL'; nowMs: number }

/** A place that is WAITING or ACTIVE. */
export type LivePlace = Extract<Place, { sequence: number }>

/** What one round did. */
export interface AdmissionRound {
  nowMs: number
  deadlineMs: number
  waiting: number
  active: number
  admitted: (Admission & { estimate: { predictedSeconds: number; actualSeconds: number } | undefined })[]
  /** The on-sale is open and the draw is not made: nobody is let in. */
  drawDue: boolean
  ended: number[]
}

/** A room as everybody may see it. */
export interface RoomSummary extends RoomLimits {
  nowMs: number
  nowServing: number
  waiting: number
  active: number
  admittedLastMinute: number
  /** The time of the oldest admission of the last minute; 0 where there was none. */
  oldestAdmissionMs: number
}

/** Splits a reply of `place` or `join` into the replies for each person. */
export function repliesIn(reply: ScriptReply): ScriptReply[] {
  return reply.slice(1).map((one) => toScriptReply('place or join', one))
}

/** Reads the reply of `extend`, or one of those of `place`. */
export function toPlace(reply: ScriptReply): Place {
  const [status] = reply
  const nowMs = numberAt(reply, 1)
  switch (status) {
    case 'WAITING':
      return {
        status,
        nowMs,
        sequence: numberAt(reply, 2),
        before: numberAt(reply, 3),
        waiting: numberAt(reply, 5),
        roomOff: numberAt(reply, 6) === 1,
      }
    case 'ACTIVE':
      return {
        status,
        nowMs,
        sequence: numberAt(reply, 2),
        activeUntilMs: numberAt(reply, 4),
        roomOff: numberAt(reply, 6) === 1,
      }
    case 'ENDED':
    case 'UNKNOWN':
    case 'REISSUED':
    case 'FULL':
      return { status, nowMs }
    default:
      throw new Error(`a script answered ${status}`)
  }
}

function numberAt(reply: readonly unknown[], index: number): number {
  const value = reply[index]
  if (typeof value !== 'number') throw new Error(`element ${index} of a script's reply is not a number`)
  return value
}

function numbersAt(reply: readonly unknown[], index: number): number[] {
  const value = reply[index]
  if (!Array.isArray(value)) throw new Error(`element ${index} of a script's reply is not a list`)
  return value.map((_one, at) => numberAt(value, at))
}

/** Reads one of the replies of `join`. */
export function toEnteredPlace(scheduleId: number, reply: ScriptReply): Place {
  const place = toPlace(reply)
  if (place.status !== 'ACTIVE' || reply.length <= 7) return place
  const { sequence, nowMs } = place
  const admission = {
    scheduleId,
    sequence,
    enteredAtMs: nowMs,
    admittedAtMs: nowMs,
    active: numberAt(reply, 7),
    maxActive: limitAt(reply, 8),
    admitPerSecond: numberAt(reply, 9),
  }
  return { ...place, admission }
}

const ADMITTED_FIELDS = 5

/** Reads the reply of `admit`. */
export function toRound(scheduleId: number, reply: ScriptReply): AdmissionRound {
  const nowMs = numberAt(reply, 1)
  const limits = { maxActive: limitAt(reply, 5), admitPerSecond: numberAt(reply, 6) }
  const fields = numbersAt(reply, 8)
  const admitted: AdmissionRound['admitted'] = []
  for (let at = 0; at < fields.length; at += ADMITTED_FIELDS) {
    const predicted = numberAt(fields, at + 3)
    admitted.push({
      scheduleId,
      sequence: numberAt(fields, at),
      enteredAtMs: numberAt(fields, at + 1),
      admittedAtMs: nowMs,
      active: numberAt(fields, at + 2),
      ...limits,
      estimate:
        predicted < 0 ? undefined : { predictedSeconds: predicted, actualSeconds: numberAt(fields, at + 4) },
    })
  }
  return {
    nowMs,
    deadlineMs: numberAt(reply, 2),
    waiting: numberAt(reply, 3),
    active: numberAt(reply, 4),
    drawDue: numberAt(reply, 7) === 1,
    admitted,
    ended: numbersAt(reply, 9),
  }
}

/** Reads the reply of `summary`. */
export function toSummary(reply: ScriptReply): RoomSummary {
  return {
    nowMs: numberAt(reply, 1),
    nowServing: numberAt(reply, 2),
    waiting: numberAt(reply, 3),
    active: numberAt(reply, 4),
    admittedLastMinute: numberAt(reply, 5),
    oldestAdmissionMs: numberAt(reply, 6),
    maxActive: limitAt(reply, 7),
    admitPerSecond: numberAt(reply, 8),
    paused: numberAt(reply, 9) === 1,
  }
}

/**
 * Reads members of the set of recent admissions, each followed by its score. Those that were copied from PostgreSQL are left out:
 * they have no fields but the sequence.
 */
export function toRecentAdmissions(
  scheduleId: number,
  members: readonly string[],
): { admission: Admission; untilMs: number }[] {
  const admissions: { admission: Admission; untilMs: number }[] = []
  for (let at = 0; at < members.length; at += 2) {
    const [sequence, entered, until, active, maxActive, admitPerSecond] = (members[at] ?? '').split(':')
    if (admitPerSecond === undefined) continue
    admissions.push({
      admission: {
        scheduleId,
        sequence: Number(sequence),
        enteredAtMs: Number(entered),
        admittedAtMs: Number(members[at + 1]),
        active: Number(active),
        maxActive: maxActive === '' ? null : Number(maxActive),
        admitPerSecond: Number(admitPerSecond),
      },
      untilMs: Number(until),
    })
  }
  return admissions
}

function limitAt(reply: readonly unknown[], index: number): number | null {
  const limit = numberAt(reply, index)
  return limit < 0 ? null : limit
}
