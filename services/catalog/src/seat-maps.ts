import { CoalescedCache } from '@frontrow/service-host/coalesced-cache'
import { SeatMap } from './seat-map.ts'
import type { TakenSeats } from './seat-map.ts'
import { msToNextMoment } from './showing-moments.ts'
import type { SharedBody } from './shared-body.ts'
import type { Seat } from './sql/seats.ts'

// With 10,000 seats a map takes 1.1 MB for the JSON of its seats, and 1.1 MB more for its layout and for each kind of answer that
// somebody asked for.
const MAPS_MAX = 50

/**
 * The seat maps of this instance. A map is as the seats were at the last of the moments that are `refreshMs` apart, or since
 * (showing-moments.ts). However many ask, the reservation service is asked once in that time.
 */
export class SeatMaps {
  readonly #readSeatCount: (scheduleId: number) => Promise<number>
  readonly #maps: CoalescedCache<number, SeatMap>
  readonly #fresh: CoalescedCache<number, SeatMap>
  #requests = 0

  constructor(options: {
    readLayout: (scheduleId: number) => Promise<readonly Seat[]>
    listTaken: (scheduleId: number) => Promise<TakenSeats | 'ALL'>
    /** How many seats the schedule has now. A map with fewer is made anew. */
    readSeatCount: (scheduleId: number) => Promise<number>
    refreshMs: number
    /** Both clocks in one, for tests; the moments go by the clock of the day, the age of a map by one that never jumps. */
    now?: () => number
  }) {
    this.#readSeatCount = options.readSeatCount
    this.#maps = new CoalescedCache({
      load: async (scheduleId) => new SeatMap(await options.readLayout(scheduleId)),
      freshMs: Number.POSITIVE_INFINITY,
      max: MAPS_MAX,
    })
    this.#fresh = new CoalescedCache({
      load: async (scheduleId) => {
        this.#requests += 1
        const asOf = this.#requests
        const [taken, map] = await Promise.all([
          options.listTaken(scheduleId),
          this.#withAllSeats(scheduleId),
        ])
        map.update(taken, asOf)
        return map
      },
      freshMs: () => msToNextMoment(options.refreshMs, (options.now ?? Date.now)()),
      max: MAPS_MAX,
      ...(options.now === undefined ? {} : { now: options.now }),
    })
  }

  /** The map with the newest states; rejects as the reservation service's call does. */
  current(scheduleId: number): Promise<SeatMap> {
    return this.#fresh.get(scheduleId)
  }

  /** The layout of this version, now or before seats were added; undefined where there was none. Nobody is asked for the states of its seats. */
  async layoutOf(scheduleId: number, version: string): Promise<SharedBody | undefined> {
    const known = (await this.#maps.get(scheduleId)).layoutOf(version)
    return known ?? (await this.#withAllSeats(scheduleId)).layoutOf(version)
  }

  async #withAllSeats(scheduleId: number): Promise<SeatMap> {
    const [known, seatCount] = await Promise.all([
      this.#maps.get(scheduleId),
      this.#readSeatCount(scheduleId),
    ])
    if (known.seatCount >= seatCount) return known
    this.#maps.forget(scheduleId)
    return this.#maps.get(scheduleId)
  }
}
