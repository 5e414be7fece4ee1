import { randomInt } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { LRUCache } from 'lru-cache'
import { countFree, pickBestAvailable } from './best-available.ts'
import type { BestAvailableWish } from './best-available.ts'
import { Hall } from './hall.ts'
import { orphansLeftBy } from './orphan-seats.ts'
import { SeatBoard } from './seat-board.ts'
import type { PickedSeats } from './seat-board.ts'
import type { SeatLayout } from './seat-layout.ts'

/** Seats that are kept from other requests of this process until their end is told, which must be done once. */
export interface PickOfSeats {
  seatIds: number[]
  held(): void
  /** Nothing was held. `takenSeatIds` are those that others have. */
  givenBack(takenSeatIds?: readonly number[]): void
  /** Nobody knows whether they were held. */
  lost(): void
}

/** Why nothing could be picked. */
export interface NothingPicked {
  /** Free seats of the wanted kind. */
  available: number
  /** How many of them lie side by side at most. */
  largestGroup: number
}

/** How seats are to be picked. */
export interface PickOptions {
  /** 1 for the first pick of a request, and one more after each that others were faster than. */
  attempt: number
  /** Until when to wait for other requests of this process, by `performance.now()`. */
  deadlineMs: number
}

// What is known is this old at most. A seat that was freed since is offered that much later; one that was taken costs another attempt. It
// is one read for all requests of that time: with 8,000 seats taken a read costs as much as two holds.
const FRESH_MS = 100
// 11 bytes a seat: 22 MB in all.
const SEATS_MAX = 2_000_000
const ALTERNATIVES_MAX = 256

/** Picks the best available seats for all requests of this process, so that no two of them pick the same. */
export class SeatPicker {
  readonly #readTaken: (scheduleId: number) => Promise<readonly number[]>
  readonly #boards = new LRUCache<number, SeatBoard>({
    maxSize: SEATS_MAX,
    sizeCalculation: ({ hall }) => Math.max(1, hall.seatCount),
  })

  /** `readTaken` tells the seats of a schedule that somebody has. */
  constructor(readTaken: (scheduleId: number) => Promise<readonly number[]>) {
    this.#readTaken = readTaken
  }

  /**
   * Picks free seats. The first attempt takes the best ones. Each collision with another process makes it choose among four times as many, so
   * that processes spread out. Where the wish fails only for seats that other requests have picked, it waits for their ends.
   */
  async pick(
    scheduleId: number,
    layout: SeatLayout,
    wish: BestAvailableWish,
    { attempt, deadlineMs }: PickOptions,
  ): Promise<PickOfSeats | NothingPicked> {
    const board = this.#boardOf(scheduleId, layout)
    const isWanted = board.hall.isOf(wish)
    const alternatives = Math.min(ALTERNATIVES_MAX, 4 ** (attempt - 1))
    const askedMs = performance.now()
    await board.readSince(attempt === 1 ? askedMs - FRESH_MS : askedMs)
    for (;;) {
      const picked = pickFrom(board, wish, alternatives)
      if (picked !== undefined) return picked
      const pending = board.pending.filter(({ ordinals }) => ordinals.some(isWanted))
      await board.readSince(askedMs)
      const pickedNow = pickFrom(board, wish, alternatives)
      if (pickedNow !== undefined) return pickedNow
      if (!(await someComeBack(pending, deadlineMs))) return countFree(board.hall, board.seats, wish)
    }
  }

  /** Seats that a choice would leave single though another choice would not; see `orphansLeftBy`. */
  async orphansLeftBy(scheduleId: number, layout: SeatLayout, seatIds: readonly number[]): Promise<number[]> {
    const board = this.#boardOf(scheduleId, layout)
    const { hall } = board
    const chosen = seatIds.map((seatId) => hall.ordinalOf(seatId)).filter((ordinal) => ordinal !== undefined)
    const askedMs = performance.now()
    await board.readSince(askedMs - FRESH_MS)
    if (orphansLeftBy(hall, board.seats, chosen).length === 0) return []
    await board.readSince(askedMs)
    return orphansLeftBy(hall, board.seats, chosen).map((ordinal) => hall.seatIdAt(ordinal))
  }

  /** Tells of seats that this process has held for somebody who named them. */
  noteHeld(scheduleId: number, seatIds: readonly number[]): void {
    this.#boards.get(scheduleId)?.noteHeld(seatIds, performance.now() - FRESH_MS)
  }

  /** Tells of seats of a schedule that were given up, so that the next pick sees them. */
  forget(scheduleId: number): void {
    this.#boards.get(scheduleId)?.forget()
  }

  #boardOf(scheduleId: number, layout: SeatLayout): SeatBoard {
    const known = this.#boards.get(scheduleId)
    if (known?.hall.layout === layout) return known
    const board = new SeatBoard(new Hall(layout), () => this.#readTaken(scheduleId))
    this.#boards.set(scheduleId, board)
    return board
  }
}

/** Whether seats of a pick are free again when all ends are known, or known by the deadline. */
async function someComeBack(pending: readonly PickedSeats[], deadlineMs: number): Promise<boolean> {
  if (pending.length === 0) return false
  const known = new AbortController()
  try {
    const late = delay<boolean[]>(Math.max(0, deadlineMs - performance.now()), [], { signal: known.signal })
    const ends = await Promise.race([Promise.all(pending.map(({ settled }) => settled)), late])
    return ends.includes(true)
  } finally {
    known.abort()
  }
}

function pickFrom(board: SeatBoard, wish: BestAvailableWish, alternatives: number): PickOfSeats | undefined {
  const { hall, seats } = board
  const ordinals = pickBestAvailable(hall, seats, wish, alternatives, (count) => randomInt(count))
  if (ordinals === undefined) return undefined
  const picked: PickedSeats = board.pick(ordinals)
  return {
    seatIds: ordinals.map((ordinal) => hall.seatIdAt(ordinal)),
    held: () => board.held(picked),
    givenBack: (takenSeatIds) => board.givenBack(picked, takenSeatIds),
    lost: () => {
      board.givenBack(picked)
      board.forget()
    },
  }
}
