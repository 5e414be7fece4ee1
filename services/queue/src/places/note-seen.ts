import { setTimeout as delay } from 'node:timers/promises'
import type { QueueContext } from '../context.ts'
import { RedisAwayError } from '../redis-room/redis-gate.ts'
import type { LocatedPlace } from '../room.ts'

const WAIT_MS = 1_000
const UNNOTED_MAX = 50_000

/** A place whose holder was seen. */
interface SeenPlace {
  scheduleId: number
  sequence: number
  atMs: number
}

/** Places that were seen while PostgreSQL could not be told; kept to be told when it is back. */
export class UnnotedPlaces {
  readonly #places = new Map<string, SeenPlace>()

  add(place: SeenPlace): void {
    const key = `${place.scheduleId}:${place.sequence}`
    // The first look is kept, because it says whether the holder has shown up in time.
    if (this.#places.size < UNNOTED_MAX && !this.#places.has(key)) this.#places.set(key, place)
  }

  takeAll(): SeenPlace[] {
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
export async function noteSeen(ctx: QueueContext, located: LocatedPlace): Promise<boolean> {
  const { scheduleId, place } = located
  const seen = { scheduleId, sequence: place.sequence, atMs: place.nowMs }
  const noted = tellSeen(ctx, seen).catch((error: unknown) => {
    ctx.logger.debug({ err: error, ...seen }, 'a place that was seen could not be noted')
    ctx.unnoted.add(seen)
    return 'LATER' as const
  })
  if (place.status === 'WAITING') return true
  const ended = new AbortController()
  try {
    const outcome = await Promise.race([noted, delay(WAIT_MS, 'LATER' as const, { signal: ended.signal })])
    if (outcome === 'LATER') await showUpInMirror(ctx, located)
    return outcome !== 'OVER'
  } finally {
    ended.abort()
  }
}

async function tellSeen(ctx: QueueContext, seen: SeenPlace): Promise<'NOTED' | 'OVER'> {
  const { scheduleId, sequence, atMs } = seen
  return (await ctx.notes.add(scheduleId, { kind: 'SEEN', sequence, atMs })) === null ? 'OVER' : 'NOTED'
}

/** Until PostgreSQL is back the mirror alone knows that this holder has shown up. */
async function showUpInMirror(ctx: QueueContext, { scheduleId, userId }: LocatedPlace): Promise<void> {
  try {
    await ctx.redisRoom.showUp(scheduleId, userId)
  } catch (error) {
    // The note is kept, or is on its way, and nobody reads this mirror now.
    if (!(error instanceof RedisAwayError)) throw error
  }
}

/** Tells PostgreSQL who was seen while it was away; to be called before places end for want of it. */
export async function noteUnnoted(ctx: QueueContext): Promise<void> {
  const places = ctx.unnoted.takeAll()
  const noted = await Promise.allSettled(places.map((place) => tellSeen(ctx, place)))
  for (const [index, outcome] of noted.entries()) {
    const place = places[index]
    if (outcome.status === 'rejected' && place !== undefined) ctx.unnoted.add(place)
  }
}
