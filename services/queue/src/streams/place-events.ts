import type { PlaceDescription } from '../places/describe-place.ts'

/** How a place's events end. REISSUED: the place lives on, under another token value. */
export const placeEnds = ['EXPIRED', 'LEFT', 'USED', 'REISSUED'] as const
export type PlaceEnd = (typeof placeEnds)[number]

/** What the reader of an event knows once it has the event, as its id tells. */
export type KnownState =
  | { kind: 'live'; scheduleId: number; place: string; paused: boolean }
  | { kind: 'ended'; scheduleId: number; sequence: number }

// Ids come back in a header that anybody can write: every part is bounded, and each number has one spelling.
const NUMBER = '[1-9][0-9]{0,14}'
const LIVE = new RegExp(`^((?:WAITING|ACTIVE)-(${NUMBER})-${NUMBER}-${NUMBER})-([01])$`)
const ENDED = new RegExp(`^(?:EXPIRED|LEFT|USED|REISSUED)-(${NUMBER})-(${NUMBER})$`)

/**
 * What counts as a change of a place, as text: `WAITING-<schedule>-<sequence>-<position>` or
 * `ACTIVE-<schedule>-<sequence>-<deadline>`. Estimates and the time of a look do not count.
 */
export function placeState(place: PlaceDescription): string {
  const last = place.status === 'ACTIVE' ? Date.parse(place.expiresAt) : place.queuePosition
  return [place.status, place.scheduleId, place.sequence, last].join('-')
}

/**
 * The id of an event about a live place: its state and whether its room is paused. Ids name states and not moments, so
 * that every instance understands the ids of the others.
 */
export function liveId(place: string, paused: boolean): string {
  return `${place}-${paused ? 1 : 0}`
}

/** The id of a place's last event. */
export function endedId(status: PlaceEnd, place: { scheduleId: number; sequence: number }): string {
  return [status, place.scheduleId, place.sequence].join('-')
}

/** Reads an id that a client sends back; undefined for what is no id of ours. */
export function readEventId(id: string): KnownState | undefined {
  const [, place, ofLive, paused] = LIVE.exec(id) ?? []
  if (place !== undefined) return { kind: 'live', scheduleId: Number(ofLive), place, paused: paused === '1' }
  const [, scheduleId, sequence] = ENDED.exec(id) ?? []
  if (scheduleId === undefined) return undefined
  return { kind: 'ended', scheduleId: Number(scheduleId), sequence: Number(sequence) }
}
