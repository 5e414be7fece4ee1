import { createHash } from 'node:crypto'
import { ensureRoom } from '../admission/change-room.ts'
import { roomDefaults } from '../admission/steer-waiting-room.ts'
import type { QueueContext } from '../context.ts'
import { readFairness } from './fairness-rows.ts'
import type { RoomFairness } from './fairness-rows.ts'
import { readLog } from './room-log.ts'
import type { LogEntry } from './room-log.ts'

const PAGE = 1_000

/** All that is needed to replay the draw and the admissions of a room; docs/fairness.md says how. */
export interface FairnessDescription {
  scheduleId: number
  commitment: string
  seed: string | null
  draw: { entries: number; closedAt: string; drawnAt: string } | null
  rules: { showUpMs: number; activeMaxMs: number }
  log: { length: number; head: string }
  entries: ReturnType<typeof entryJson>[]
  nextFrom: number | null
  serverTime: string
}

/**
 * Describes the draw and the log of a room. A room that does not exist yet is made, since its commitment has to be public before
 * the draw. `from` is the first entry of the page; without it none are returned.
 */
export async function describeFairness(
  ctx: QueueContext,
  scheduleId: number,
  from: number | undefined,
): Promise<FairnessDescription> {
  await ctx.strangersLookups.get(scheduleId)
  const room = await readOrMakeRoom(ctx, scheduleId)
  // The log may have grown since the room was read; the page ends where the room says.
  const page = from === undefined ? [] : await readLog(ctx.pool, scheduleId, from, PAGE)
  const entries = page.filter(({ number }) => number <= room.logLength)
  const next = from === undefined ? 1 : (entries.at(-1)?.number ?? room.logLength) + 1
  return {
    scheduleId,
    // The SHA-256 of the seed is published before the draw, so that nobody can choose another seed afterwards.
    commitment: createHash('sha256').update(room.seed).digest('hex'),
    // The seed is published with the draw. Before that it would tell which entry numbers are good.
    seed: room.drawnAt === null ? null : room.seed.toString('hex'),
    draw: drawJson(room),
    rules: { showUpMs: ctx.config.SHOW_UP_MS, activeMaxMs: ctx.config.ACTIVE_MAX_MS },
    log: { length: room.logLength, head: room.logHead.toString('hex') },
    entries: entries.map(entryJson),
    nextFrom: next <= room.logLength ? next : null,
    serverTime: ctx.now().toISOString(),
  }
}

/**
 * How long an answer may be kept: a full page for five minutes. Its entries never change, but after a restore, or with a new database behind
 * the same address, the log is another one, and pages of both together would make an honest draw look broken. What is beside the entries is of the
 * moment that the page was made, so the first page is not kept, by which a reader knows how long the log is.
 */
export function cachingOf({ entries, nextFrom }: Pick<FairnessDescription, 'entries' | 'nextFrom'>): string {
  const isFull = entries.length === PAGE && nextFrom !== null && entries[0]?.number !== 1
  return isFull ? 'public, max-age=300' : 'public, max-age=1'
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

function entryJson(entry: LogEntry) {
  const { number, sequence } = entry
  const admittedAt = new Date(entry.admittedAtMs).toISOString()
  const hash = entry.hash.toString('hex')
  if (entry.kind === 'ADMITTED') {
    const { kind, active, maxActive, admitPerSecond } = entry
    const enteredAt = new Date(entry.enteredAtMs).toISOString()
    return { kind, number, sequence, enteredAt, admittedAt, active, maxActive, admitPerSecond, hash }
  }
  const { kind, allowedMs } = entry
  return {
    kind,
    number,
    sequence,
    admittedAt,
    endedAt: new Date(entry.endedAtMs).toISOString(),
    allowedMs,
    hash,
  }
}
