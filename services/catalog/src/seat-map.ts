import { LRUCache } from 'lru-cache'
import { entityTag } from './entity-tag.ts'
import type { Seat } from './sql/seats.ts'

/** The states of a seat, in the order of their codes in a `SeatMap`. */
export const seatStatuses = ['AVAILABLE', 'HOLD', 'SOLD_OUT'] as const

/** Where a seat is between free and sold. */
export type SeatStatus = (typeof seatStatuses)[number]

/** One seat's state, as events tell it. */
export interface SeatState {
  seatId: number
  status: SeatStatus
}

/** The seats that can't be had now, as the reservation service lists them. */
export interface TakenSeats {
  heldSeatIds: readonly number[]
  soldSeatIds: readonly number[]
}

/** Which seats to show; without a field all of them. */
export interface SeatFilter {
  status?: SeatStatus | undefined
  grade?: string | undefined
}

/** A whole answer, ready to send, and its entity tag. */
export interface RenderedSeats {
  body: Buffer
  tag: string
}

// A seat's code in `statuses` is the index of its status in `seatStatuses`.
const HOLD = 1
const SOLD_OUT = 2

// A map of 10,000 seats is 1.1 MB of JSON. Few answers are kept, since one for every filter would fill the memory.
const RENDERED_MAX = 16

/**
 * The seats of one schedule and the newest known state of each. The layout never changes, so each seat's JSON is made
 * once, up to its status; and everybody who asks for the same seats between two changes gets the same bytes.
 */
export class SeatMap {
  readonly #seats: readonly Seat[]
  readonly #json: readonly string[]
  readonly #grades: ReadonlySet<string>
  #statuses: Uint8Array
  #availableCount: number
  #asOf = 0
  readonly #rendered = new LRUCache<string, RenderedSeats & { info: string }>({ max: RENDERED_MAX })

  /** `seats` are all of the schedule, in the order of their ids, which run from 1. */
  constructor(seats: readonly Seat[]) {
    this.#seats = seats
    this.#json = seats.map((seat) => `${JSON.stringify(seat).slice(0, -1)},"status":"`)
    this.#grades = new Set(seats.map(({ grade }) => grade))
    this.#statuses = new Uint8Array(seats.length)
    this.#availableCount = seats.length
  }

  /** Codes by seat id minus one. The array is never altered; a change makes another one. */
  get statuses(): Uint8Array {
    return this.#statuses
  }

  /** How many seats can be had. It is counted at each change, so that no request walks through 10,000 seats. */
  get availableCount(): number {
    return this.#availableCount
  }

  /** Takes a list of taken seats. `asOf` counts requests; a list asked for before the one known already is ignored. */
  update(taken: TakenSeats, asOf: number): void {
    if (asOf < this.#asOf) return
    this.#asOf = asOf
    const next = new Uint8Array(this.#seats.length)
    for (const seatId of taken.heldSeatIds) next[seatId - 1] = HOLD
    for (const seatId of taken.soldSeatIds) next[seatId - 1] = SOLD_OUT
    if (Buffer.compare(next, this.#statuses) === 0) return
    this.#statuses = next
    this.#availableCount = next.reduce((count, code) => (code === 0 ? count + 1 : count), 0)
    this.#rendered.clear()
  }

  /** The answer to a request for seats; `info` is put before them as `scheduleInfo`. */
  render(info: object, filter: SeatFilter): RenderedSeats {
    const infoJson = JSON.stringify(info)
    // A grade that does not exist shows no seats. It is not cached, since clients could fill the cache with names of their own.
    if (filter.grade !== undefined && !this.#grades.has(filter.grade)) return toAnswer(infoJson, [])
    const key = `${filter.status ?? ''}/${filter.grade ?? ''}`
    const known = this.#rendered.get(key)
    if (known !== undefined && known.info === infoJson) return known
    const rendered = { ...toAnswer(infoJson, this.#show(filter)), info: infoJson }
    this.#rendered.set(key, rendered)
    return rendered
  }

  #show({ status, grade }: SeatFilter): string[] {
    const shown: string[] = []
    for (const [index, seat] of this.#seats.entries()) {
      const seatStatus = seatStatuses[this.#statuses[index] ?? 0]
      if (status !== undefined && seatStatus !== status) continue
      if (grade !== undefined && seat.grade !== grade) continue
      shown.push(`${this.#json[index]}${seatStatus}"}`)
    }
    return shown
  }
}

function toAnswer(infoJson: string, seats: readonly string[]): RenderedSeats {
  const body = Buffer.from(
    `{"success":true,"data":{"scheduleInfo":${infoJson},"seats":[${seats.join(',')}]}}`,
  )
  return { body, tag: entityTag(body) }
}

/** The seats whose state differs. */
export function seatChanges(before: Uint8Array, after: Uint8Array): SeatState[] {
  const changes: SeatState[] = []
  for (const [index, code] of after.entries()) {
    const status = seatStatuses[code]
    if (code !== before[index] && status !== undefined) changes.push({ seatId: index + 1, status })
  }
  return changes
}
