import type { Hall } from './hall.ts'

/** Seats that this process has picked or held. */
export interface PickedSeats {
  ordinals: readonly number[]
  /** Resolves when it is known what became of them: whether others can have them. */
  settled: Promise<boolean>
}

interface PickState {
  settle: (areFree: boolean) => void
  /** When the hold was known to be made, by `performance.now()`; undefined while that is not known. */
  heldAtMs: number | undefined
}

const TAKEN = 1
const PICKED = 2

/**
 * What this process knows of who has which seat of one schedule: what a read said, and what it has picked and held itself since. Nothing is decided by it; a
 * hold that it was wrong about is refused by the database.
 */
export class SeatBoard {
  readonly hall: Hall
  readonly #readTaken: () => Promise<readonly number[]>
  #seats: Uint8Array
  #readBeganMs = -Infinity
  #reading: Promise<void> | undefined
  readonly #picks = new Map<PickedSeats, PickState>()

  constructor(hall: Hall, readTaken: () => Promise<readonly number[]>) {
    this.hall = hall
    this.#readTaken = readTaken
    this.#seats = new Uint8Array(hall.seatCount)
  }

  /** By ordinal: 0 where a seat is free as far as is known. */
  get seats(): Uint8Array {
    return this.#seats
  }

  /** Picks whose end is not known. */
  get pending(): PickedSeats[] {
    return [...this.#picks].flatMap(([pick, { heldAtMs }]) => (heldAtMs === undefined ? [pick] : []))
  }

  /** Resolves when the board knows what a read said that began at `sinceMs` or later. All who wait share the read. */
  async readSince(sinceMs: number): Promise<void> {
    while (this.#readBeganMs < sinceMs) {
      this.#reading ??= this.#read().finally(() => {
        this.#reading = undefined
      })
      await this.#reading
    }
  }

  /** Makes the next `readSince` read again, whatever it is asked for. */
  forget(): void {
    this.#readBeganMs = -Infinity
  }

  /** Keeps seats from being picked again until `held` or `givenBack` tells their end. */
  pick(ordinals: readonly number[]): PickedSeats {
    const { promise: settled, resolve: settle } = Promise.withResolvers<boolean>()
    const pick = { ordinals, settled }
    this.#picks.set(pick, { settle, heldAtMs: undefined })
    this.#mark(ordinals, PICKED)
    return pick
  }

  /** The seats are held. The board remembers them until a read must have seen them. */
  held(pick: PickedSeats): void {
    const state = this.#stateOf(pick)
    state.heldAtMs = performance.now()
    state.settle(false)
  }

  /** The seats are not held by this process; `takenSeatIds` of them others have. */
  givenBack(pick: PickedSeats, takenSeatIds: readonly number[] = []): void {
    const { settle } = this.#stateOf(pick)
    this.#picks.delete(pick)
    for (const ordinal of pick.ordinals) this.#seats[ordinal] = (this.#seats[ordinal] ?? 0) & ~PICKED
    this.#mark(this.#ordinalsOf(takenSeatIds), TAKEN)
    settle(true)
  }

  /** Seats that this process has held without a pick. It matters only where the next `readSince(sinceMs)` would not read them. */
  noteHeld(seatIds: readonly number[], sinceMs: number): void {
    if (this.#readBeganMs < sinceMs && this.#reading === undefined) return
    this.held(this.pick(this.#ordinalsOf(seatIds)))
  }

  async #read(): Promise<void> {
    const beganMs = performance.now()
    const takenSeatIds = await this.#readTaken()
    this.#seats = new Uint8Array(this.hall.seatCount)
    this.#mark(this.#ordinalsOf(takenSeatIds), TAKEN)
    for (const [pick, { heldAtMs }] of this.#picks) {
      if (heldAtMs !== undefined && heldAtMs < beganMs) this.#picks.delete(pick)
      else this.#mark(pick.ordinals, PICKED)
    }
    this.#readBeganMs = beganMs
  }

  #mark(ordinals: readonly number[], bit: number): void {
    for (const ordinal of ordinals) this.#seats[ordinal] = (this.#seats[ordinal] ?? 0) | bit
  }

  #ordinalsOf(seatIds: readonly number[]): number[] {
    return seatIds.map((seatId) => this.hall.ordinalOf(seatId)).filter((ordinal) => ordinal !== undefined)
  }

  #stateOf(pick: PickedSeats): PickState {
    const state = this.#picks.get(pick)
    if (state === undefined) throw new Error('the end of a pick was told twice')
    return state
  }
}
