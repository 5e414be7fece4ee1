import { seatMapAnswer } from './answers.ts'
import { toSeatMap } from './choose-seats.ts'
import type { SeatMap } from './choose-seats.ts'
import type { Fan } from './fan.ts'

/** A fan may still ask with an older version. While a schedule sells it has about two versions a second. */
const VERSIONS_KEPT = 16

/** A change is visible in the map within this time, as the contract promises. */
export const MAP_LAG_MS = 1_000

/**
 * Reads seat maps for all fans. Each fan sends its own request, as browsers do, but each version is parsed once: parsing
 * 500 seats for each of thousands of fans would take CPU that the system under test needs.
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

  /** Asks for the map; `ifNoneMatch` is the version that the fan has. Throws VisitEnded where it is refused. */
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
        // When 304 comes, the version that was sent along may be forgotten already, so it is kept for this request.
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
