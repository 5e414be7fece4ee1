import type { NotedPlace, PlaceNote } from './note-place.ts'

/** Places of one room while notes are made of them, found by each of the names by which notes know a place. */
export class NotedPlaces {
  readonly #bySequence = new Map<number, NotedPlace>()
  // Of a user there is one live place in a room, and those here were live.
  readonly #sequenceOfUser = new Map<string, number>()
  readonly #sequenceOfToken = new Map<string, number>()

  constructor(places: readonly NotedPlace[]) {
    for (const place of places) {
      this.#sequenceOfUser.set(place.userId, place.sequence)
      this.put(place)
    }
  }

  /** The place of this number, as its last note left it. */
  get(sequence: number): NotedPlace | undefined {
    return this.#bySequence.get(sequence)
  }

  /** The place that a note is of: by its number, by its user, or by the token that it has now. */
  find(note: PlaceNote): NotedPlace | undefined {
    if ('sequence' in note) return this.get(note.sequence)
    const sequence =
      note.kind === 'LEFT'
        ? this.#sequenceOfToken.get(keyOf(note.tokenHash))
        : this.#sequenceOfUser.get(note.userId)
    return sequence === undefined ? undefined : this.get(sequence)
  }

  /** Takes a place as a note left it. */
  put(place: NotedPlace): void {
    const before = this.#bySequence.get(place.sequence)
    if (before !== undefined) this.#sequenceOfToken.delete(keyOf(before.tokenHash))
    this.#bySequence.set(place.sequence, place)
    this.#sequenceOfToken.set(keyOf(place.tokenHash), place.sequence)
  }
}

function keyOf(tokenHash: Buffer): string {
  return tokenHash.toString('base64')
}
