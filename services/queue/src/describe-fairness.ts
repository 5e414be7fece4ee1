import { commitmentTo, genesisHash } from './admission-log.ts'
import type { QueueContext } from './context.ts'
import { readLog, readLogHead } from './sql/admissions.ts'
import type { LoggedAdmission } from './sql/admissions.ts'
import { ensureRoom, readFairness } from './sql/fairness.ts'
import type { RoomFairness } from './sql/fairness.ts'
import { roomDefaults } from './steer-waiting-room.ts'

const PAGE = 1_000

/** All that is needed to replay the draw and the admissions of a room; docs/fairness.md says how. */
export interface FairnessDescription {
  scheduleId: number
  commitment: string
  seed: string | null
  draw: { entries: number; closedAt: string; drawnAt: string } | null
  log: { length: number; head: string }
  admissions: {
    number: number
    sequence: number
    enteredAt: string
    admittedAt: string
    active: number
    maxActive: number | null
    admitPerSecond: number
    hash: string
  }[]
  nextFrom: number | null
  serverTime: string
}

/**
 * Describes the draw and the log of a room. A room that does not exist yet is made, since its commitment has to be public before
 * the draw. `from` is the first admission of the page; without it none are returned.
 */
export async function describeFairness(
  ctx: QueueContext,
  scheduleId: number,
  from: number | undefined,
): Promise<FairnessDescription> {
  await ctx.schedules.get(scheduleId)
  const room = await readOrMakeRoom(ctx, scheduleId)
  const commitment = commitmentTo(room.seed)
  const log = (await readLogHead(ctx.pool, scheduleId)) ?? {
    length: 0,
    head: genesisHash(scheduleId, commitment),
  }
  const admissions = from === undefined ? [] : await readLog(ctx.pool, scheduleId, from, PAGE)
  const next = from === undefined ? 1 : (admissions.at(-1)?.number ?? log.length) + 1
  return {
    scheduleId,
    commitment,
    // The seed is published with the draw. Before that it would tell which entry numbers are good.
    seed: room.drawnAt === null ? null : room.seed.toString('hex'),
    draw: drawJson(room),
    log: { length: log.length, head: log.head.toString('hex') },
    admissions: admissions.map(admissionJson),
    nextFrom: next <= log.length ? next : null,
    serverTime: ctx.now().toISOString(),
  }
}

async function readOrMakeRoom(ctx: QueueContext, scheduleId: number): Promise<RoomFairness> {
  const known = await readFairness(ctx.pool, scheduleId)
  if (known !== undefined) return known
  await ensureRoom(ctx.pool, scheduleId, roomDefaults(ctx.config))
  const made = await readFairness(ctx.pool, scheduleId)
  if (made === undefined) throw new Error(`room ${scheduleId} was made and is not there`)
  return made
}

function drawJson({ earlyEntries, closedAt, drawnAt }: RoomFairness): FairnessDescription['draw'] {
  if (earlyEntries === null || closedAt === null || drawnAt === null) return null
  return { entries: earlyEntries, closedAt: closedAt.toISOString(), drawnAt: drawnAt.toISOString() }
}

function admissionJson({ enteredAtMs, admittedAtMs, hash, ...admission }: LoggedAdmission) {
  return {
    ...admission,
    enteredAt: new Date(enteredAtMs).toISOString(),
    admittedAt: new Date(admittedAtMs).toISOString(),
    hash: hash.toString('hex'),
  }
}
