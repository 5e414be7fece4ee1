import type { NowServing, Place } from '../../queries.ts'

/** How a place ended. REISSUED: it lives on, under another token, in another browser. */
type PlaceEnd = 'EXPIRED' | 'LEFT' | 'USED' | 'REISSUED'

/** All that the waiting page knows. */
export interface Line {
  readonly place: Place | undefined
  readonly paused: boolean
  /** False while the stream is broken: polls go on, and what is shown may be some seconds old. */
  readonly isLive: boolean
  readonly end: PlaceEnd | undefined
  /** How the way to the front began and how much of it has been shown, 0 to 1; undefined before the opening, when nobody moves. */
  readonly way: Way | undefined
}

/** The way of one place to the front. */
export interface Way {
  readonly sequence: number
  readonly startPosition: number
  readonly shown: number
}

/** What the page learns. */
export type LineEvent =
  | { kind: 'place'; place: Place; isOpen: boolean; knownWay?: Way | undefined }
  | { kind: 'now-serving'; line: NowServing; isOpen: boolean }
  | { kind: 'room'; paused: boolean }
  | { kind: 'connection'; isLive: boolean }
  | { kind: 'ended'; end: PlaceEnd }

/** What is known before anything is. */
export const unknownLine: Line = {
  place: undefined,
  paused: false,
  isLive: true,
  end: undefined,
  way: undefined,
}

/** What is known after an event. */
export function learn(line: Line, event: LineEvent): Line {
  switch (event.kind) {
    case 'place': {
      const { place, isOpen, knownWay } = event
      const way = isOpen && place.status === 'WAITING' ? moveOn(line.way ?? knownWay, place) : undefined
      return { ...line, place, end: undefined, way }
    }
    case 'now-serving':
      return learnNowServing(line, event.line, event.isOpen)
    case 'room':
      return { ...line, paused: event.paused }
    case 'connection':
      return { ...line, isLive: event.isLive }
    case 'ended':
      // EXPIRED is also said where nobody knows how a place ended, so it never replaces an end that is known.
      return { ...line, end: event.end === 'EXPIRED' ? (line.end ?? event.end) : event.end }
  }
}

/** The shared answer says nothing of people who left, so it moves a place only towards the front, and never lets anybody in. */
function learnNowServing(line: Line, answer: NowServing, isOpen: boolean): Line {
  const { paused, nowServing } = answer
  const known = { ...line, paused }
  const { place } = line
  if (!isOpen || place === undefined || place.status !== 'WAITING') return known
  const queuePosition = Math.max(1, Math.min(place.queuePosition, place.sequence - nowServing))
  // The estimate is as old as the position that it was made for, and gets shorter with it.
  const estimatedWaitSeconds = place.estimatedWaitSeconds * (queuePosition / Math.max(1, place.queuePosition))
  const moved = { ...place, queuePosition, estimatedWaitSeconds }
  return { ...known, place: moved, way: moveOn(line.way, moved) }
}

/** The draw gives another sequence: a new way begins. Otherwise the bar only grows, whatever the numbers do. */
function moveOn(way: Way | undefined, { sequence, queuePosition }: Place): Way {
  const begun =
    way?.sequence === sequence ? way : { sequence, startPosition: Math.max(1, queuePosition), shown: 0 }
  const done = 1 - queuePosition / (begun.startPosition + 1)
  return { ...begun, shown: Math.min(1, Math.max(begun.shown, done)) }
}

/** A wait in whole minutes, from and to; `to` is at least 1. */
export interface WaitRange {
  fromMinutes: number
  toMinutes: number
}

/**
 * How long the wait may be: the server's estimate with a quarter on either side, because people leave, and others buy slowly. The server
 * knows how many were let in and for how long that has gone on; how many it was in the last minute is no rate while that minute is not
 * over, as at the opening and after a pause. Undefined where nobody can say: paused, or no longer waiting.
 */
export function waitRange({ place, paused }: Line): WaitRange | undefined {
  if (place === undefined || paused || place.status !== 'WAITING') return undefined
  const { estimatedWaitSeconds } = place
  return {
    fromMinutes: Math.floor((estimatedWaitSeconds * 0.75) / 60),
    toMinutes: Math.max(1, Math.ceil((estimatedWaitSeconds * 1.25) / 60)),
  }
}

/** Reads a way that this browser kept; undefined for what is none, or that of another place. */
export function readWay(text: string | null): Way | undefined {
  const [sequence, startPosition, shown] = (text ?? '').split(' ').map(Number)
  if (sequence === undefined || startPosition === undefined || shown === undefined) return undefined
  const isSound = sequence >= 0 && startPosition >= 1 && shown >= 0 && shown <= 1
  return isSound ? { sequence, startPosition, shown } : undefined
}

/** Writes a way for `readWay`. */
export function writeWay({ sequence, startPosition, shown }: Way): string {
  return `${sequence} ${startPosition} ${shown}`
}
