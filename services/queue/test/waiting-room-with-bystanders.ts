import { createTestEnvironment, tokenFor } from '@frontrow/test-kit/test-environment'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'
import { eventually } from '@frontrow/test-kit/eventually'
import { placeOf, startQueueInstances, steer, watchRoom } from './queue-instances.ts'
import type { QueueInstances, SeenPlace } from './queue-instances.ts'
import { startCatalog } from './queue-under-test.ts'
import type { StandInCatalog } from './queue-under-test.ts'
import { startReservations } from './reservations-stand-in.ts'

/** A waiting room over three instances in which people stand whom bad input must not touch. */
export interface RoomWithBystanders {
  catalog: StandInCatalog
  queues: QueueInstances
  /** One is ACTIVE, two wait. */
  scheduleId: number
  owner: SeenPlace
  bystander: SeenPlace
  /** A room in which all places are over. */
  otherScheduleId: number
  /** Token values that are not live any more. */
  over: Record<'expired' | 'used' | 'left' | 'reissued', string>
  bearers: Record<'stranger' | 'owner' | 'bystander' | 'boss', string>
  /** All that bad input could change: every row, the rooms as Redis has them, and the places of those who stand in line. */
  state(): Promise<unknown>
  /** A schedule on sale that `state` passes over. */
  scheduleApart(): number
  stop(): Promise<void>
}

// This is short, so that one token expires during the setup; the other ones are extended.
const ACTIVE_MS = 2_000

/** Makes the room, and returns when nothing moves in it any more. */
export async function makeRoomWithBystanders(): Promise<RoomWithBystanders> {
  const environment = await createTestEnvironment()
  const catalog = await startCatalog()
  const stoppers = [() => environment.dispose(), () => catalog.stop()]
  const stop = async (): Promise<void> => {
    for (const stopOne of stoppers.toReversed()) await stopOne()
  }
  try {
    const settings = { ACTIVE_MS: String(ACTIVE_MS), ADMIT_EVERY_MS: '50' }
    const queues = await startQueueInstances(environment, catalog, settings)
    stoppers.push(() => queues.stop())
    const people = {
      ...(await fillRoom(catalog, queues)),
      ...(await useUpTokens(environment, catalog, queues)),
    }
    const { expired, used, left, reissued, ...rooms } = people
    const apart: number[] = []
    const room = {
      catalog,
      queues,
      ...rooms,
      over: { expired, used, left, reissued },
      bearers: {
        stranger: await tokenFor('stranger'),
        owner: await tokenFor('owner'),
        bystander: await tokenFor('bystander'),
        boss: await tokenFor('boss', { admin: true }),
      },
      state: () => stateOfEverything(queues, rooms, apart),
      scheduleApart() {
        const scheduleId = catalog.addSchedule()
        apart.push(scheduleId)
        return scheduleId
      },
      stop,
    }
    await waitUntilStill(queues, rooms)
    return room
  } catch (error) {
    await stop()
    throw error
  }
}

async function fillRoom(catalog: StandInCatalog, queues: QueueInstances) {
  const instance = queues.at(0)
  const scheduleId = catalog.addSchedule()
  await steer(instance, scheduleId, { maxActive: 1 })
  const owner = placeOf(await instance.client.join(scheduleId, 'owner'))
  await instance.extend(owner.token, Date.now() + 600_000)
  const { token: reissued } = placeOf(await instance.client.join(scheduleId, 'bystander'))
  const behind = placeOf(await instance.client.join(scheduleId, 'behind'))
  const bystander = placeOf(await instance.client.reissue(scheduleId, 'bystander'))
  return { scheduleId, owner, bystander, behind, reissued }
}

async function useUpTokens(environment: TestEnvironment, catalog: StandInCatalog, queues: QueueInstances) {
  const instance = queues.at(0)
  const otherScheduleId = catalog.addSchedule()
  await steer(instance, otherScheduleId, { maxActive: 10 })
  const { token: expired } = placeOf(await instance.client.join(otherScheduleId, 'late'))
  const { token: used, sequence } = placeOf(await instance.client.join(otherScheduleId, 'buyer'))
  await instance.extend(used, Date.now() + 600_000)
  const reservations = await startReservations(environment)
  await reservations.confirmed({ scheduleId: otherScheduleId, userId: 'buyer', sequence }, 0)
  await reservations.stop()
  const { token: left } = placeOf(await instance.client.join(otherScheduleId, 'leaver'))
  await instance.client.leave(left)
  return { otherScheduleId, expired, used, left }
}

interface Rooms {
  scheduleId: number
  otherScheduleId: number
  owner: SeenPlace
  bystander: SeenPlace
  behind: SeenPlace
}

async function waitUntilStill(queues: QueueInstances, rooms: Rooms): Promise<void> {
  const expected: Record<number, string> = {
    [rooms.scheduleId]: 'ACTIVE WAITING WAITING',
    [rooms.otherScheduleId]: 'EXPIRED USED LEFT',
  }
  await eventually(async () => {
    const { rows } = await queues.at(0).ctx.pool.query<{ scheduleId: number; statuses: string }>(
      `SELECT schedule_id AS "scheduleId", string_agg(status, ' ' ORDER BY sequence) AS statuses
       FROM queue_tokens GROUP BY schedule_id`,
    )
    const statuses = Object.fromEntries(rows.map((row) => [row.scheduleId, row.statuses]))
    if (JSON.stringify(statuses) !== JSON.stringify(expected)) throw new Error(JSON.stringify(statuses))
    const { active } = await watchRoom(queues.at(0), rooms.otherScheduleId)
    if (active !== 0) throw new Error(`${active} are ACTIVE in the other room`)
  })
}

async function stateOfEverything(queues: QueueInstances, rooms: Rooms, apart: readonly number[]) {
  const { pool } = queues.at(0).ctx
  const rowsOf = async (table: string): Promise<string[]> => {
    const { rows } = await pool.query<{ row: string }>(
      `SELECT t::text AS row FROM ${table} t WHERE schedule_id <> ALL ($1) ORDER BY t::text`,
      [apart],
    )
    return rows.map(({ row }) => row)
  }
  const [tokens, settings, room, otherRoom] = await Promise.all([
    rowsOf('queue_tokens'),
    rowsOf('rooms'),
    watchRoom(queues.at(0), rooms.scheduleId),
    watchRoom(queues.at(0), rooms.otherScheduleId),
  ])
  const places = await Promise.all(
    [rooms.owner, rooms.bystander, rooms.behind].map(async ({ token }, index) => {
      const { status, sequence, queuePosition, expiresAt } = placeOf(
        await queues.at(index).client.place(token),
      )
      return { status, sequence, queuePosition, ...(status === 'ACTIVE' ? { expiresAt } : {}) }
    }),
  )
  return { tokens, settings, room, otherRoom, places }
}
