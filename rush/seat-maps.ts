import { seatMapAnswer } from './answers.ts'
import { toSeatMap } from './choose-seats.ts'
import type { SeatMap } from './choose-seats.ts'
import type { Fan } from './fan.ts'

/** Versions that fans may still hold; a schedule has about two a second while it sells. */
const VERSIONS_KEPT = 16

/** How often somebody who got SEAT_TAKEN could see the same seat as free: a change shows within a second. */
export const MAP_LAG_MS = 1_000

/**
 * Reads seat maps for all fans. Each fan asks for itself, as browsers do, but a version is worked out once: parsing
 * 500 seats again for each of thousands of fans would take the processor that the system under test needs.
 */
export class SeatMaps {
  readonly #path: string
  readonly #versions = new Map<string, SeatMap>()
  readonly #schema

  constructor(sale: { concertId: number; scheduleId: number; seats: number }) {
    this.#path = `/concerts/${sale.concertId}/schedules/${sale.scheduleId}/seats`
    this.#schema = seatMapAnswer
      .refine(({ seats }) => seats.length === sale.seats, `not the ${sale.seats} seats of the schedule`)
      .transform(({ seats }) => toSeatMap(seats))
  }

  /** The map now; `ifNoneMatch` is the version that the fan has. */
  async read(fan: Fan, ifNoneMatch: string | undefined): Promise<{ map: SeatMap; etag: string | undefined }> {
    const known = ifNoneMatch !== undefined && this.#versions.has(ifNoneMatch) ? ifNoneMatch : undefined
    const knownMap = known === undefined ? undefined : this.#versions.get(known)
    const answer = await fan.ask(
      {
        step: 'seats',
        method: 'GET',
        path: this.#path,
        schema: this.#schema,
        ifNoneMatch: known,
        // The version that was sent along must be there still when 304 comes, however many came in between.
        reuse: (etag) => (etag === known ? knownMap : this.#versions.get(etag)),
      },
      'admitted',
    )
    if (answer.kind === 'refused') {
      fan.acceptRefusal('seats', answer)
      throw new Error('a refused seat map was taken for granted')
    }
    const { data: map, etag } = answer
    if (etag !== undefined && !this.#versions.has(etag)) this.#remember(etag, map)
    return { map, etag: etag ?? known }
  }

  #remember(etag: string, map: SeatMap): void {
    this.#versions.set(etag, map)
    const [oldest] = this.#versions.keys()
    if (this.#versions.size > VERSIONS_KEPT && oldest !== undefined) this.#versions.delete(oldest)
  }
}
