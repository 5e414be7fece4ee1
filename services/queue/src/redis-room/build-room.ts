import { randomUUID } from 'node:crypto'
import type { Queryable } from '@frontrow/postgres/pool'
import type { Redis } from 'ioredis'
import { toDigest } from '../places/token-value.ts'
import { readLivePlaces, readRecentAdmissions, readRoomState, stateArguments } from './room-changes.ts'
import { keepOwners, runScript } from './room-scripts.ts'

/** Another instance has taken over the build. */
class SupersededError extends Error {
  override name = 'SupersededError'
}

const PAGE = 5_000
// A step of this many places blocks Redis for about 4 ms; the commands of others run between the steps.
const STEP = 1_000
const ADMISSIONS_MAX = 60_000

/**
 * Makes one room of Redis from PostgreSQL, as of the version that it has at the beginning: what changes meanwhile is read as a
 * difference afterwards. A mirror of `versionMin` or above is left alone. Several at once are safe. False where another instance
 * builds the room, or there is none.
 */
export async function buildRoom(
  redis: Redis,
  db: Queryable,
  room: { scheduleId: number; source: string; versionMin: number },
): Promise<boolean> {
  const { scheduleId, source, versionMin } = room
  const builder = randomUUID()
  const step = async (name: string, args: (string | number)[]): Promise<string> => {
    const [outcome] = await runScript(redis, 'build', scheduleId, [name, builder, source, ...args])
    if (outcome === 'SUPERSEDED') throw new SupersededError(`room ${scheduleId} is built by another instance`)
    return outcome
  }
  // This is read before the places, so that a change that comes meanwhile is part of the difference.
  const state = await readRoomState(db, scheduleId)
  if (state === undefined) return false
  const outcome = await step('begin', [versionMin])
  if (outcome !== 'OK') return outcome === 'DONE'
  try {
    await copyPlaces(redis, db, scheduleId, (args) => step('places', args))
    const admissions = await readRecentAdmissions(db, scheduleId, ADMISSIONS_MAX)
    for (let from = 0; from < admissions.length; from += STEP) {
      const batch = admissions.slice(from, from + STEP)
      await step(
        'admissions',
        batch.flatMap(({ sequence, admittedAtMs }) => [sequence, admittedAtMs]),
      )
    }
    await step('finish', stateArguments(state))
    return true
  } catch (error) {
    if (error instanceof SupersededError) return false
    throw error
  }
}

async function copyPlaces(
  redis: Redis,
  db: Queryable,
  scheduleId: number,
  write: (args: (string | number)[]) => Promise<unknown>,
): Promise<void> {
  let page = readLivePlaces(db, scheduleId, 0, PAGE)
  for (;;) {
    const rows = await page
    const last = rows.at(-1)
    const isLast = last === undefined || rows.length < PAGE
    if (!isLast) {
      // The next page is read while this one is written. Its failure shows where it is awaited; without this empty handler it
      // would end the process before.
      page = readLivePlaces(db, scheduleId, last.sequence, PAGE)
      page.catch(() => undefined)
    }
    for (let from = 0; from < rows.length; from += STEP) {
      const places = rows.slice(from, from + STEP)
      await Promise.all([
        keepOwners(redis, scheduleId, places),
        write(
          places.flatMap(({ userId, tokenHash, sequence, seenAtMs, activeUntilMs, showUpByMs }) => [
            userId,
            toDigest(tokenHash),
            sequence,
            seenAtMs,
            activeUntilMs,
            showUpByMs,
          ]),
        ),
      ])
    }
    if (isLast) return
  }
}
