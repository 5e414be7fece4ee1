import type { LayoutSeat } from './plan-seats.ts'

/** A seat's state as the events of the API tell it. */
export interface ToldSeat {
  seatId: number
  status: 'AVAILABLE' | 'HOLD' | 'SOLD_OUT' | 'BLOCKED'
}

/** A seat with its state. */
export type Seat = LayoutSeat & Pick<ToldSeat, 'status'>

/** What the stream of a schedule's seats has told, and whether it is telling now. */
export interface Stream {
  isLive: boolean
  /** When it stopped telling, in milliseconds since 1970; 0 before it began. */
  lostAtMs: number
  /** A letter a seat up to the last one that was told of; all behind it are available. */
  states: string | undefined
  layoutVersion: string | undefined
}

/** What happens to a stream. */
export type StreamNews =
  | { kind: 'open' }
  | { kind: 'lost'; atMs: number }
  | { kind: 'snapshot'; layoutVersion: string; seats: readonly ToldSeat[] }
  | { kind: 'change'; seats: readonly ToldSeat[] }

/** States that were asked for, and when they came. */
export interface AskedStates {
  states: string
  atMs: number
}

/** Before anything was told. */
export const silentStream: Stream = {
  isLive: false,
  lostAtMs: 0,
  states: undefined,
  layoutVersion: undefined,
}

const LETTERS: Readonly<Record<string, string>> = { AVAILABLE: 'A', HOLD: 'H', SOLD_OUT: 'S', BLOCKED: 'B' }
const NOT_AVAILABLE = 'B'

/** The letter of a status in the API's compact states; a status that this version does not know can't be had. */
export function letterOf(status: string): string {
  return LETTERS[status] ?? NOT_AVAILABLE
}

/** The status of a letter. */
export function statusOf(letter: string | undefined): ToldSeat['status'] {
  switch (letter) {
    case 'A':
      return 'AVAILABLE'
    case 'H':
      return 'HOLD'
    case 'S':
      return 'SOLD_OUT'
    default:
      return 'BLOCKED'
  }
}

/** The seats of a layout with the states of these letters. */
export function withStatuses(layout: readonly LayoutSeat[], states: string): Seat[] {
  return layout.map((seat, at) => ({ ...seat, status: statusOf(states[at]) }))
}

/** The stream after some news. */
export function hear(stream: Stream, news: StreamNews): Stream {
  switch (news.kind) {
    case 'open':
      return { ...stream, isLive: true }
    case 'lost':
      return stream.isLive ? { ...stream, isLive: false, lostAtMs: news.atMs } : stream
    case 'snapshot':
      return { ...stream, layoutVersion: news.layoutVersion, states: withSeats('', news.seats) }
    case 'change':
      return { ...stream, states: withSeats(stream.states ?? '', news.seats) }
  }
}

/**
 * The states to show of so many seats. The stream goes first while it is telling: what it told last is still right when it comes
 * back and tells nothing. States that were asked for meanwhile are only shown until then, since a later event would not take back
 * what it did not tell.
 */
export function shownStates(
  { isLive, lostAtMs, states }: Stream,
  asked: AskedStates | undefined,
  seatCount: number,
): string | undefined {
  const isAskedNewer = asked !== undefined && !isLive && asked.atMs > lostAtMs
  const shown = states === undefined || isAskedNewer ? asked?.states : states
  // Of asked states no letter may be made up: a seat that they do not know is not known to be free.
  return shown === states ? states?.padEnd(seatCount, 'A') : shown
}

function withSeats(states: string, seats: readonly ToldSeat[]): string {
  const letters = states.split('')
  for (const { seatId, status } of seats) {
    while (letters.length < seatId) letters.push('A')
    letters[seatId - 1] = letterOf(status)
  }
  return letters.join('')
}
