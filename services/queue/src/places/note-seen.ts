import { setTimeout as delay } from 'node:timers/promises'
import type { QueueContext } from '../context.ts'
import type { LocatedPlace } from '../room.ts'

const WAIT_MS = 1_000
const UNNOTED_MAX = 50_000

/** Places that were seen while PostgreSQL could not be told; kept to be told when it is back. */
export class UnnotedPlaces {
  readonly #places = new Map<string, { scheduleId: number; sequence: number }>()

  add(place: { scheduleId: number; sequence: number }): void {
    if (this.#places.size < UNNOTED_MAX) this.#places.set(`${place.scheduleId}:${place.sequence}`, place)
  }

  takeAll(): { scheduleId: number; sequence: number }[] {
    const all = [...this.#places.values()]
    this.#places.clear()
    return all
  }
}

/**
 * Notes that the holder of a place is there. For who waits this comes a quarter of an hour apart, and nobody waits for it. Who was
 * let in and shows up for the first time keeps the place from then on, so the answer waits for it. False where it came too late
 * and the place is over. While PostgreSQL is away the place is good, and is noted later.
 */
export async function noteSeen(ctx: QueueContext, { scheduleId, place }: LocatedPlace): Promise<boolean> {
  const { sequence } = place
  const noted = ctx.notes.add(scheduleId, { kind: 'SEEN', sequence }).then(
    (outcome) => outcome !== null,
    (error: unknown) => {
      ctx.logger.debug({ err: error, scheduleId, sequence }, 'a place that was seen could not be noted')
      ctx.unnoted.add({ scheduleId, sequence })
      return true
    },
  )
  if (place.status === 'WAITING') return true
  const ended = new AbortController()
  try {
    return await Promise.race([noted, delay(WAIT_MS, true, { signal: ended.signal })])
  } finally {
    ended.abort()
  }
}

/** Tells PostgreSQL who was seen while it was away; to be called before places end for want of it. */
export async function noteUnnoted(ctx: QueueContext): Promise<void> {
  const places = ctx.unnoted.takeAll()
  const noted = await Promise.allSettled(
    places.map(({ scheduleId, sequence }) => ctx.notes.add(scheduleId, { kind: 'SEEN', sequence })),
  )
  for (const [index, outcome] of noted.entries()) {
    const place = places[index]
    if (outcome.status === 'rejected' && place !== undefined) ctx.unnoted.add(place)
  }
}
