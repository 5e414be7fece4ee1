interface Step {
  /** The states before it. */
  from: string
  seatIds: readonly number[]
}

const STEPS_MAX = 1_000

/** Which seats changed between states that have names; bounded, so that who missed more is better told everything. */
export class StateLog {
  readonly #seatsMax: number
  readonly #steps: Step[] = []
  #seatsLogged = 0
  #newest: string

  /** Keeps at most as many changes as there are seats, and 1,000 steps. */
  constructor(newest: string, seatsMax: number) {
    this.#newest = newest
    this.#seatsMax = seatsMax
  }

  /** The name of the present states. */
  get newest(): string {
    return this.#newest
  }

  /** Notes that these seats changed and the states have a new name. */
  add(newest: string, seatIds: readonly number[]): void {
    this.#steps.push({ from: this.#newest, seatIds })
    this.#seatsLogged += seatIds.length
    this.#newest = newest
    while (this.#seatsLogged > this.#seatsMax || this.#steps.length > STEPS_MAX) {
      this.#seatsLogged -= this.#steps.shift()?.seatIds.length ?? 0
    }
  }

  /** The seats that changed since, in the order of their ids; undefined where the name is not known, or not any more. */
  changedSince(name: string): number[] | undefined {
    if (name === this.#newest) return []
    const from = this.#steps.findLastIndex((step) => step.from === name)
    if (from < 0) return undefined
    const changed = new Set(this.#steps.slice(from).flatMap(({ seatIds }) => seatIds))
    return [...changed].toSorted((a, b) => a - b)
  }
}
