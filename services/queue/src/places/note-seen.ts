import type { QueueContext } from '../context.ts'
import { RedisAwayError } from '../redis-room/redis-gate.ts'
import type { SeenPlace } from '../redis-room/redis-room.ts'
import type { LocatedPlace } from '../room.ts'

/** What is needed to note who was seen. */
interface SeenContext extends Pick<QueueContext, 'noShowGrace' | 'logger'> {
  notes: Pick<QueueContext['notes'], 'add'>
  redisRoom: Pick<QueueContext['redisRoom'], 'keepSeen'>
}

/** LATER: PostgreSQL could not be told. */
type SeenOutcome = 'NOTED' | 'OVER' | 'LATER'

const WAIT_MS = 1_000
// Once PostgreSQL was found away, nobody waits long for it.
const WAIT_IN_OUTAGE_MS = 100
const BATCH = 5_000

/**
 * Notes that the holder of a place is there. For who waits this comes a quarter of an hour apart, and nobody waits for it. Who was
 * let in and shows up for the first time keeps the place from then on, so the answer waits for it. False where it came too late
 * and the place is over. While PostgreSQL is away the place is good, and Redis keeps until it is back who was seen and when.
 */
export async function noteSeen(ctx: SeenContext, located: LocatedPlace): Promise<boolean> {
  const { scheduleId, userId, place } = located
  const seen = { scheduleId, userId, sequence: place.sequence, atMs: place.nowMs }
  const noted = tellSeen(ctx, seen)
  if (place.status === 'WAITING') {
    void noted
      .then(async (outcome) => (outcome === 'LATER' ? keepSeen(ctx, seen) : undefined))
      // Nobody waits for it, so an error that is passed on would end the process.
      .catch((error: unknown) =>
        ctx.logger.error(
          { err: error, scheduleId, sequence: place.sequence },
          'a place that was seen could not be kept',
        ),
      )
    return true
  }
  const outcome = await withinTime(noted, ctx.noShowGrace.isOver ? WAIT_MS : WAIT_IN_OUTAGE_MS)
  if (outcome === 'LATER') await keepSeen(ctx, seen)
  return outcome !== 'OVER'
}

/** LATER where it takes longer than `waitMs`. The timer costs 1 µs; one that an AbortSignal ends costs 20. */
function withinTime(noted: Promise<SeenOutcome>, waitMs: number): Promise<SeenOutcome> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, waitMs, 'LATER')
    void noted.then((outcome) => {
      clearTimeout(timer)
      resolve(outcome)
    })
  })
}

/** Tells PostgreSQL whom any instance saw while it was away; to be called after an outage, before places end for want of it. */
export async function noteKeptSeen(ctx: QueueContext): Promise<void> {
  try {
    const kept = await ctx.redisRoom.keptSeen(BATCH)
    const outcomes = await Promise.all(kept.map((seen) => tellSeen(ctx, seen)))
    await ctx.redisRoom.forgetSeen(kept.filter((_seen, index) => outcomes[index] !== 'LATER'))
  } catch (error) {
    // What Redis keeps can't be read now; a later round reads it.
    if (!(error instanceof RedisAwayError)) throw error
  }
}

async function tellSeen(
  ctx: SeenContext,
  { scheduleId, sequence, atMs }: Omit<SeenPlace, 'userId'>,
): Promise<SeenOutcome> {
  try {
    const noted = await ctx.notes.add(scheduleId, { kind: 'SEEN', sequence, atMs })
    return noted === null ? 'OVER' : 'NOTED'
  } catch (error) {
    // Nobody ends for not showing up in the seconds in which rounds tell PostgreSQL what Redis keeps.
    ctx.noShowGrace.noteOutage()
    ctx.logger.debug({ err: error, scheduleId, sequence }, 'a place that was seen could not be noted')
    return 'LATER'
  }
}

async function keepSeen(ctx: SeenContext, seen: SeenPlace): Promise<void> {
  try {
    await ctx.redisRoom.keepSeen(seen)
  } catch (error) {
    // The note may still be on its way to PostgreSQL. With both stores away nobody can say who was seen.
    if (!(error instanceof RedisAwayError)) throw error
  }
}
