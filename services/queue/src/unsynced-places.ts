/** Names one place; `WHOLE_ROOM` as its sequence names all of a room. */
export interface PlaceId {
  scheduleId: number
  sequence: number
}

/** Stands in place of a sequence and names the whole room. */
export const WHOLE_ROOM = 0

const PLACES_MAX = 20_000

/**
 * Places whose last change is in PostgreSQL and perhaps not in Redis. Past 20,000 of them whole rooms are noted
 * instead, to be built again.
 */
export class UnsyncedPlaces {
  readonly #places = new Map<string, PlaceId>()
  readonly #rooms = new Set<number>()

  get size(): number {
    return this.#places.size + this.#rooms.size
  }

  add(place: PlaceId): void {
    if (place.sequence === WHOLE_ROOM) {
      this.addRoom(place.scheduleId)
      return
    }
    this.#places.set(`${place.scheduleId}:${place.sequence}`, place)
    if (this.#places.size <= PLACES_MAX) return
    for (const { scheduleId } of this.#places.values()) this.#rooms.add(scheduleId)
    this.#places.clear()
  }

  /** A room to be built again as a whole. */
  addRoom(scheduleId: number): void {
    this.#rooms.add(scheduleId)
  }

  /** Takes some places off the list, the oldest first. */
  take(max: number): PlaceId[] {
    const taken: PlaceId[] = []
    for (const [key, place] of this.#places) {
      if (taken.length === max) break
      taken.push(place)
      this.#places.delete(key)
    }
    return taken
  }

  /** Takes everything off the list, whole rooms too. */
  takeAll(): PlaceId[] {
    const rooms = this.takeRooms().map((scheduleId) => ({ scheduleId, sequence: WHOLE_ROOM }))
    return [...rooms, ...this.take(this.#places.size)]
  }

  /** Takes all rooms off the list. */
  takeRooms(): number[] {
    const rooms = [...this.#rooms]
    this.#rooms.clear()
    return rooms
  }
}
