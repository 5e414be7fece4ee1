import type { CardLane } from './sql/card-captures.ts'

/** How many calls of each kind a process makes at once. */
export interface CardSlotSizes {
  captures: number
  refunds: number
  questions: number
}

const REPEATS_SHARE = 1 / 4
const ENDED_KEPT_MAX = 100
const ENDED_KEPT_MS = 30_000

/**
 * The slots for calls to the card provider. Each lane has its own, so that nothing waits behind a call of another kind: no refund behind
 * a capture, and no first call behind the repeats of one that hangs, which have a quarter as many slots beside them, as have the
 * captures that are given up. A call is an open
 * HTTP request and costs little, so there are enough for the rate: 256 captures of 0.2 s are more than 1,200 a second, and 64 of 4 s.
 *
 * It also says how long the capture of a payment that begins now will take, as this process sees it. With several instances, which
 * share what waits, it takes less. The clock is monotonic, in ms.
 */
export class CardSlots {
  readonly #sizes: ReadonlyMap<CardLane, number>
  readonly #now: () => number
  readonly #running = new Map<CardLane, Set<{ sinceMs: number }>>()
  /** The last first calls of captures that ended. */
  #ended: { atMs: number; tookMs: number }[] = []
  #waiting = 0

  constructor(sizes: CardSlotSizes, now: () => number = () => performance.now()) {
    this.#now = now
    const repeatsOf = (size: number): number => Math.ceil(size * REPEATS_SHARE)
    this.#sizes = new Map([
      ['capture', sizes.captures],
      ['capture again', repeatsOf(sizes.captures)],
      ['question', sizes.questions],
      ['void', repeatsOf(sizes.captures)],
      ['refund', sizes.refunds],
      ['refund again', repeatsOf(sizes.refunds)],
    ])
  }

  /** The lanes that have a free slot, and how many. */
  free(): Map<CardLane, number> {
    const free = new Map<CardLane, number>()
    for (const [lane, size] of this.#sizes) {
      const places = size - (this.#running.get(lane)?.size ?? 0)
      if (places > 0) free.set(lane, places)
    }
    return free
  }

  /** How many calls are at work in each lane. */
  running(): { lane: CardLane; count: number }[] {
    return [...this.#sizes.keys()].map((lane) => ({ lane, count: this.#running.get(lane)?.size ?? 0 }))
  }

  /** Takes a slot. Call what it returns when the call has ended. */
  enter(lane: CardLane): () => void {
    const call = { sinceMs: this.#now() }
    const running = this.#running.get(lane) ?? new Set()
    this.#running.set(lane, running.add(call))
    return () => {
      running.delete(call)
      if (lane !== 'capture') return
      this.#ended.push({ atMs: this.#now(), tookMs: this.#now() - call.sinceMs })
      if (this.#ended.length > ENDED_KEPT_MAX) this.#ended.shift()
    }
  }

  /** Notes how many captures wait for their first call. */
  noteWaiting(count: number): void {
    this.#waiting = count
  }

  /** How long the first call of a capture that is ordered now takes to end, in ms: the wait for a slot, and the call. */
  expectedMs(): number {
    const callMs = this.#callMs()
    return callMs + (this.#waiting / (this.#sizes.get('capture') ?? 1)) * callMs
  }

  /** The mean of the last calls, and of those at work as old as they are: where all hang, that is known before the first one ends. */
  #callMs(): number {
    const nowMs = this.#now()
    const running = [...(this.#running.get('capture') ?? [])].map(({ sinceMs }) => nowMs - sinceMs)
    const ended = this.#ended.filter(({ atMs }) => atMs > nowMs - ENDED_KEPT_MS).map(({ tookMs }) => tookMs)
    const all = [...running, ...ended]
    return all.reduce((sum, ms) => sum + ms, 0) / Math.max(1, all.length)
  }
}
