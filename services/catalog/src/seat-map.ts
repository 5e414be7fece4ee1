import { createHash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { digestOf, nameOfDigest } from './entity-tag.ts'
import { SharedBody } from './shared-body.ts'
import { StateLog } from './state-log.ts'
import type { Seat } from './sql/seats.ts'

/** The states of a seat, in the order of their codes in a `SeatMap`. */
export const seatStatuses = ['AVAILABLE', 'HOLD', 'SOLD_OUT', 'BLOCKED'] as const

/** Where a seat is between free and sold; BLOCKED is one that the house keeps back. */
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
  blockedSeatIds: readonly number[]
}

/** Which seats to show; without a field all of them. */
export interface SeatFilter {
  status?: SeatStatus | undefined
  grade?: string | undefined
}

/** What an answer says before its seats, as JSON: the schedule, and where its layout is. */
export interface MapHeading {
  scheduleInfo: string
  layoutEndpoint: string
}

// A seat's code in `statuses` is the index of its status in `seatStatuses`.
const HOLD = 1
const SOLD_OUT = 2
const BLOCKED = 3

// The letters of the codes in the compact form.
const LETTERS = Buffer.from('AHSB')

// A map of 10,000 seats is 1.1 MB of JSON. Few answers are kept, since one for every filter would fill the memory.
const BODIES_MAX = 16

// Older layouts that are kept once somebody asked for them. A section is added a few times in the life of a schedule.
const OLDER_LAYOUTS_MAX = 4

/**
 * The seats of one schedule and the newest known state of each. The layout never changes (a schedule that gets more seats gets another
 * map), so each seat's JSON is made once, up to its status; and everybody who asks for the same seats between two changes gets the same bytes.
 */
export class SeatMap {
  /** Names the layout and its prices; another layout has another name. */
  readonly layoutVersion: string
  readonly #seats: readonly Seat[]
  readonly #json: readonly string[]
  readonly #grades: ReadonlySet<string>
  readonly #log: StateLog
  #statuses: Uint8Array
  #availableCount: number
  #asOf = 0
  #layout: SharedBody | undefined
  readonly #olderLayouts = new LRUCache<string, SharedBody>({ max: OLDER_LAYOUTS_MAX })
  /** By its version: how many seats a layout had that these seats begin with. */
  #beginnings: ReadonlyMap<string, number> | undefined
  #heading = ''
  readonly #bodies = new LRUCache<string, SharedBody>({ max: BODIES_MAX })

  /** `seats` are all of the schedule, in the order of their ids, which run from 1. */
  constructor(seats: readonly Seat[]) {
    const json = seats.map((seat) => JSON.stringify(seat).slice(0, -1))
    this.layoutVersion = digestOf(Buffer.from(json.join()))
    this.#seats = seats
    this.#json = json
    this.#grades = new Set(seats.map(({ grade }) => grade))
    this.#statuses = new Uint8Array(seats.length)
    this.#availableCount = seats.length
    this.#log = new StateLog(this.#nameState(), seats.length)
  }

  /** How many seats there are. */
  get seatCount(): number {
    return this.#seats.length
  }

  /** How many seats can be had. It is counted at each change, so that no request walks through 10,000 seats. */
  get availableCount(): number {
    return this.#availableCount
  }

  /** Names the states of all seats. Every instance that knows the same states has the same name for them. */
  get stateId(): string {
    return this.#log.newest
  }

  /** Takes a list of taken seats; 'ALL' is of a cancelled schedule, of which no seat can be had. `asOf` counts requests; a list asked for before the one known already is ignored. */
  update(taken: TakenSeats | 'ALL', asOf: number): void {
    if (asOf < this.#asOf) return
    this.#asOf = asOf
    const next = new Uint8Array(this.#seats.length)
    if (taken === 'ALL') next.fill(SOLD_OUT)
    else {
      for (const seatId of taken.heldSeatIds) next[seatId - 1] = HOLD
      for (const seatId of taken.soldSeatIds) next[seatId - 1] = SOLD_OUT
      for (const seatId of taken.blockedSeatIds) next[seatId - 1] = BLOCKED
    }
    const before = this.#statuses
    if (Buffer.compare(next, before) === 0) return
    this.#statuses = next
    this.#availableCount = next.reduce((count, code) => (code === 0 ? count + 1 : count), 0)
    this.#log.add(this.#nameState(), changedSeatIds(before, next))
    this.#bodies.clear()
  }

  /** What is so now of each seat that changed after the states of this name; undefined where they are unknown or too long ago. */
  changesSince(stateId: string): SeatState[] | undefined {
    return this.#log.changedSince(stateId)?.map((seatId) => this.#stateOf(seatId))
  }

  /** Every seat that is not AVAILABLE. */
  taken(): SeatState[] {
    return changedSeatIds(new Uint8Array(this.#statuses.length), this.#statuses).map((seatId) =>
      this.#stateOf(seatId),
    )
  }

  /** One seat; undefined where there is none of this id. */
  seat(seatId: number): (Seat & SeatState) | undefined {
    const seat = this.#seats[seatId - 1]
    return seat === undefined ? undefined : { ...seat, ...this.#stateOf(seatId) }
  }

  /** Seats with all that is known of them. */
  full(heading: MapHeading, filter: SeatFilter): SharedBody {
    const make = (): SharedBody => toBody(heading, `"seats":[${this.#show(filter).join(',')}]`)
    // A grade that does not exist shows no seats. It is not kept, since clients could fill the memory with names of their own.
    if (filter.grade !== undefined && !this.#grades.has(filter.grade)) return make()
    return this.#body(`${filter.status ?? ''}/${filter.grade ?? ''}`, heading, make)
  }

  /** The states alone, a letter a seat in the order of the layout. */
  compact(heading: MapHeading): SharedBody {
    return this.#body('compact', heading, () => {
      const letters = Buffer.from(this.#statuses.map((code) => LETTERS[code] ?? 0))
      return toBody(heading, `"states":"${letters.toString('latin1')}"`)
    })
  }

  /** All of the seats that never changes. */
  layout(): SharedBody {
    return (this.#layout ??= this.#layOut(this.#json.length))
  }

  /**
   * The same as of this version; undefined where the seats never were laid out so. Seats are only ever added behind the others, in rows of
   * their own, so an older layout is a beginning of this one that ends with a row.
   */
  layoutOf(version: string): SharedBody | undefined {
    if (version === this.layoutVersion) return this.layout()
    const known = this.#olderLayouts.get(version)
    if (known !== undefined) return known
    const count = (this.#beginnings ??= this.#nameBeginnings()).get(version)
    if (count === undefined) return undefined
    const made = this.#layOut(count)
    this.#olderLayouts.set(version, made)
    return made
  }

  #layOut(count: number): SharedBody {
    const seats = this.#json.slice(0, count).map((seat) => `${seat}}`)
    return new SharedBody(`{"success":true,"data":{"seats":[${seats.join(',')}]}}`)
  }

  /** One pass over the seats, since a hash can be read off at each row. */
  #nameBeginnings(): ReadonlyMap<string, number> {
    const named = new Map<string, number>()
    const hash = createHash('sha256')
    for (const [index, seat] of this.#seats.entries()) {
      hash.update(index === 0 ? '' : ',').update(this.#json[index] ?? '')
      const next = this.#seats[index + 1]
      if (next?.row === seat.row && next.section === seat.section) continue
      named.set(nameOfDigest(hash.copy()), index + 1)
    }
    return named
  }

  #body(key: string, heading: MapHeading, make: () => SharedBody): SharedBody {
    if (this.#heading !== heading.scheduleInfo) {
      this.#heading = heading.scheduleInfo
      this.#bodies.clear()
    }
    const known = this.#bodies.get(key)
    if (known !== undefined) return known
    const made = make()
    this.#bodies.set(key, made)
    return made
  }

  #show({ status, grade }: SeatFilter): string[] {
    const shown: string[] = []
    for (const [index, seat] of this.#seats.entries()) {
      const seatStatus = seatStatuses[this.#statuses[index] ?? 0]
      if (status !== undefined && seatStatus !== status) continue
      if (grade !== undefined && seat.grade !== grade) continue
      shown.push(`${this.#json[index]},"status":"${seatStatus}"}`)
    }
    return shown
  }

  #stateOf(seatId: number): SeatState {
    return { seatId, status: seatStatuses[this.#statuses[seatId - 1] ?? 0] ?? 'AVAILABLE' }
  }

  #nameState(): string {
    return digestOf(Buffer.concat([Buffer.from(this.layoutVersion), this.#statuses]))
  }
}

function toBody({ scheduleInfo, layoutEndpoint }: MapHeading, seats: string): SharedBody {
  const data = `{"scheduleInfo":${scheduleInfo},"layoutEndpoint":"${layoutEndpoint}",${seats}}`
  return new SharedBody(`{"success":true,"data":${data}}`)
}

function changedSeatIds(before: Uint8Array, after: Uint8Array): number[] {
  const changed: number[] = []
  for (const [index, code] of after.entries()) if (code !== before[index]) changed.push(index + 1)
  return changed
}
