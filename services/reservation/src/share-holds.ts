import { randomInt } from 'node:crypto'
import { isDatabaseOutage, isLockTimeout, isRetriableConflict } from '@frontrow/postgres/errors'
import type { Pool } from '@frontrow/postgres/pool'
import { Batcher } from '@frontrow/service-host/batcher'
import type { Config } from './config.ts'
import { takeSeats } from './sql/seat-holds.ts'
import type { HoldLimits, HoldOutcome, NewHold } from './sql/seat-holds.ts'

/** What became of a hold in the end. */
export type FinalOutcome = Exclude<HoldOutcome, { outcome: 'YIELDED' }>

/** Takes the seats of one hold. Rejects as UNAVAILABLE where too many wait. */
export type TakeSeats = (hold: NewHold) => Promise<FinalOutcome>

const BATCH_MAX = 64
const PENDING_MAX = 2_000
// Locks are held for milliseconds. Where one is held for longer, whoever waits for it waits alone. A hold may come while a statement waits, and
// then share one that waits too: both together are 100 ms at most.
const SHARED_LOCK_WAIT_MS = 50
const SHARED_MAX_MS = 100
// A hold that yields learns mostly in the next statement what became of the one before it. People who send many at once wait alone.
const SHARED_ATTEMPTS_MAX = 4

/**
 * Holds that come in one turn of the event loop, or while a statement is in work, share the next statement. One at a time is in work, so holds
 * of this process never wait for each other's seats inside the database. What can't be done together is done alone. Who gets a seat that several of
 * them want is drawn by lot: within the few ms that they wait together, the quickest program has nothing of being first.
 */
export function shareHolds(
  pool: Pool,
  config: Pick<Config, 'HOLD_MS' | 'SEATS_PER_USER_MAX' | 'RELEASES_MAX' | 'RELEASES_WINDOW_MS'>,
  lockWaitMs = SHARED_LOCK_WAIT_MS,
): TakeSeats {
  const limits = {
    holdMs: config.HOLD_MS,
    seatsPerUserMax: config.SEATS_PER_USER_MAX,
    releasesMax: config.RELEASES_MAX,
    releasesWindowMs: config.RELEASES_WINDOW_MS,
  }
  const batches = new Batcher<'all', NewHold, HoldOutcome | undefined>({
    batchMax: BATCH_MAX,
    atOnceMax: 1,
    pendingMax: PENDING_MAX,
    waitMaxMs: 3_000,
    send: async (_all, holds) => {
      try {
        return await takeByLot(holds, (drawn) => takeTogether(pool, drawn, { ...limits, lockWaitMs }))
      } catch (error) {
        if (isDatabaseOutage(error) && !isLockTimeout(error)) throw error
        return holds.map(() => undefined)
      }
    },
  })
  return async (hold) => {
    const sinceMs = performance.now()
    for (let attempt = 1; attempt <= SHARED_ATTEMPTS_MAX; attempt += 1) {
      const outcome = await batches.add('all', hold)
      if (outcome === undefined) break
      if (outcome.outcome !== 'YIELDED') return outcome
      if (performance.now() - sinceMs >= SHARED_MAX_MS) break
    }
    const [outcome] = await takeSeats(pool, [hold], limits)
    if (outcome === undefined || outcome.outcome === 'YIELDED')
      throw new Error('a hold alone was not decided')
    return outcome
  }
}

/** A second look says who has the seats that another process was quicker with. So one such hold does not send those beside it to wait alone. */
async function takeTogether(
  pool: Pool,
  holds: readonly NewHold[],
  limits: HoldLimits,
): Promise<HoldOutcome[]> {
  try {
    return await takeSeats(pool, holds, limits)
  } catch (error) {
    if (!isRetriableConflict(error)) throw error
    return takeSeats(pool, holds, limits)
  }
}

/** Hands the holds on in an order that is drawn, since the first in a statement gets the seat; answers in the order in which they came. */
async function takeByLot(
  holds: readonly NewHold[],
  take: (drawn: readonly NewHold[]) => Promise<HoldOutcome[]>,
): Promise<(HoldOutcome | undefined)[]> {
  const drawn = [...holds.entries()]
  for (let last = drawn.length - 1; last > 0; last -= 1) {
    const [lot] = drawn.splice(randomInt(last + 1), 1)
    if (lot !== undefined) drawn.push(lot)
  }
  const outcomes = await take(drawn.map(([, hold]) => hold))
  const places = new Map(drawn.map(([index], place) => [index, place]))
  return holds.map((_, index) => outcomes[places.get(index) ?? -1])
}
