import { hash } from 'node:crypto'
import { expect } from '@jest/globals'
import type { RoomLimits } from '../src/admission/change-room.ts'
import { roomDefaults } from '../src/admission/steer-waiting-room.ts'
import type { QueueConfig } from '../src/config.ts'
import { readLog } from '../src/fairness/room-log.ts'
import { hashToken, toDigest } from '../src/places/token-value.ts'
import { PostgresRoom } from '../src/postgres-room/postgres-room.ts'
import { RedisRoom } from '../src/redis-room/redis-room.ts'
import { roomKey } from '../src/redis-room/room-scripts.ts'
import type { LocatedPlace } from '../src/room.ts'
import { Rooms } from '../src/rooms.ts'
import { isInTime, isLive } from './room-model.ts'
import type { ModelEntry, ModelPlace, RoomModel, Standing } from './room-model.ts'
import type { SimulatedInstance } from './simulated-instance.ts'
import type { Stores } from './queue-under-test.ts'
import { SEED_TEXT } from './simulated-commands.ts'

const MS = (column: string): string => `round(extract(epoch FROM ${column}) * 1000)::bigint`

/** The rows of a room's places, in the form of the model, with the digests of tokens in place of these. */
export async function readPlaces({ pool }: Stores, scheduleId: number): Promise<ModelPlace[]> {
  const { rows } = await pool.query<ModelPlace & { hash: Buffer }>({
    name: 'simulation-places',
    text: `SELECT sequence, user_id AS "user", token_hash AS hash, status, ${MS('joined_at')} AS "joinedAtMs",
             ${MS('seen_at')} AS "seenAtMs", ${MS('activated_at')} AS "admittedAtMs", ${MS('active_until')} AS "activeUntilMs",
             ${MS('show_up_by')} AS "showUpByMs", ${MS('ended_at')} AS "endedAtMs"
           FROM queue_tokens WHERE schedule_id = $1 ORDER BY sequence`,
    values: [scheduleId],
  })
  return rows.map(({ hash: full, ...row }) => ({ ...row, token: toDigest(full) }))
}

/** The same of the model. */
export function placesOf(model: RoomModel): ModelPlace[] {
  return model.places
    .map((place) => ({ ...place, token: hashToken(place.token).digest }))
    .sort((a, b) => a.sequence - b.sequence)
}

/** What a room's row holds, apart from its version. */
interface RoomRow extends RoomLimits {
  lastSequence: number
  waiting: number
  lastAdmitted: number
  earlyEntries: number | null
  isDrawn: boolean
  logLength: number
  logHead: string | null
}

/** Reads a room's row; undefined where there is none. */
export async function readRoom(
  { pool }: Stores,
  scheduleId: number,
): Promise<{ version: number; state: RoomRow } | undefined> {
  const { rows } = await pool.query<RoomRow & { version: number }>({
    name: 'simulation-room',
    text: `SELECT version, max_active AS "maxActive", admit_per_second AS "admitPerSecond", paused, last_sequence AS "lastSequence",
             waiting, last_admitted AS "lastAdmitted", early_entries AS "earlyEntries", drawn_at IS NOT NULL AS "isDrawn",
             log_length AS "logLength", encode(log_head, 'hex') AS "logHead"
           FROM rooms WHERE schedule_id = $1`,
    values: [scheduleId],
  })
  if (rows[0] === undefined) return undefined
  const { version, ...state } = rows[0]
  return { version, state }
}

/** The same of the model. */
export function stateOf(model: RoomModel, scheduleId: number): RoomRow {
  const { lastSequence, lastAdmitted, earlyEntries, isDrawn, limits, log } = model
  const logHead = hashesOf(log, scheduleId).at(-1) ?? null
  const counts = { lastSequence, waiting: model.line.length, lastAdmitted, earlyEntries }
  return { ...limits, ...counts, isDrawn, logLength: log.length, logHead }
}

/** The log as it has to be published: the entries of the model with the hashes of docs/fairness.md. */
function hashesOf(log: readonly ModelEntry[], scheduleId: number): string[] {
  let before = hash(
    'sha256',
    `frontrow:admissions:${scheduleId}:${hash('sha256', hash('sha256', SEED_TEXT, 'buffer'))}`,
  )
  return log.map((entry, index) => {
    const { kind, sequence } = entry
    const admittedAt = new Date(entry.admittedAtMs).toISOString()
    const fields =
      kind === 'ADMITTED'
        ? [
            sequence,
            new Date(entry.enteredAtMs).toISOString(),
            admittedAt,
            entry.active,
            entry.maxActive ?? '',
            entry.admitPerSecond,
          ]
        : [kind, sequence, admittedAt, new Date(entry.endedAtMs).toISOString(), entry.allowedMs]
    before = hash('sha256', [before, index + 1, ...fields].join('|'))
    return before
  })
}

/** Compares the published log with the model's, and with the limits that it names. */
export async function checkLog({ pool }: Stores, scheduleId: number, model: RoomModel): Promise<void> {
  const entries = await readLog(pool, scheduleId, 1, 10_000)
  const hashes = hashesOf(model.log, scheduleId)
  expect(entries.map(({ hash: full }) => full.toString('hex'))).toEqual(hashes)
  expect(entries).toMatchObject(model.log.map((entry, index) => ({ ...entry, number: index + 1 })))
  const admissions = entries.filter((entry) => entry.kind === 'ADMITTED')
  for (const [index, { admittedAtMs, active, maxActive, admitPerSecond }] of admissions.entries()) {
    if (maxActive === null) continue
    expect(active).toBeLessThanOrEqual(maxActive)
    const inTheSecond = admissions
      .slice(0, index + 1)
      .filter((one) => one.admittedAtMs > admittedAtMs - 1_000)
    expect(inTheSecond.length).toBeLessThanOrEqual(admitPerSecond)
  }
}

/** A room as Redis has it: each key with what it holds. */
export interface MirroredRoom {
  room: Record<string, string>
  waiting: Record<string, number>
  active: Record<string, number>
  unseen: Record<string, number>
  seen: Record<string, number>
  tokens: Record<string, string>
  admissions: Record<string, number>
}

/** Reads the keys of a room. */
export async function readMirror({ redis }: Stores, scheduleId: number): Promise<MirroredRoom> {
  const scores = async (part: Parameters<typeof roomKey>[1]): Promise<Record<string, number>> => {
    const pairs = await redis.zrange(roomKey(scheduleId, part), '0', '-1', 'WITHSCORES')
    const found: Record<string, number> = {}
    for (let at = 0; at < pairs.length; at += 2) found[pairs[at] ?? ''] = Number(pairs[at + 1])
    return found
  }
  const [room, waiting, active, unseen, seen, tokens, admissions] = await Promise.all([
    redis.hgetall(roomKey(scheduleId, 'room')),
    scores('waiting'),
    scores('active'),
    scores('unseen'),
    scores('seen'),
    redis.hgetall(roomKey(scheduleId, 'tokens')),
    scores('admissions'),
  ])
  return { room, waiting, active, unseen, seen, tokens, admissions }
}

/** What the mirror of a room has to hold, apart from its admissions. */
function mirrorOf(model: RoomModel): Omit<MirroredRoom, 'admissions' | 'room' | 'seen'> {
  const live = model.places.filter(isLive)
  const active = live.filter(({ status }) => status === 'ACTIVE')
  const { line } = model
  return {
    waiting: Object.fromEntries(line.map(({ user, sequence }) => [user, sequence])),
    active: Object.fromEntries(active.map(({ user, activeUntilMs }) => [user, activeUntilMs ?? 0])),
    unseen: Object.fromEntries(
      active.flatMap(({ user, showUpByMs }) => (showUpByMs === null ? [] : [[user, showUpByMs]])),
    ),
    tokens: Object.fromEntries(
      live.map(({ user, token, sequence }) => [user, `${hashToken(token).digest}:${sequence}`]),
    ),
  }
}

/** Compares a mirror that has the newest version with the model. */
export function checkMirror(mirror: MirroredRoom, model: RoomModel, nowMs: number): void {
  const { room, admissions, seen, ...places } = mirror
  const expected = mirrorOf(model)
  expect(places).toEqual(expected)
  expect(Object.keys(seen).sort()).toEqual(Object.keys(expected.waiting).sort())
  const { maxActive, admitPerSecond, paused } = model.limits
  expect(room).toMatchObject({
    maxActive: String(maxActive ?? ''),
    admitPerSecond: String(admitPerSecond),
    paused: paused ? '1' : '0',
    lastAdmitted: String(model.lastAdmitted),
  })
  // Who was admitted and has ended before the mirror heard of it need not be there.
  const logged = model.log.filter(({ kind }) => kind === 'ADMITTED')
  const admitted = Object.fromEntries(logged.map(({ sequence, admittedAtMs }) => [sequence, admittedAtMs]))
  expect(admitted).toMatchObject(admissions)
  for (const { sequence, status, admittedAtMs } of model.places) {
    if (status !== 'ACTIVE' || admittedAtMs === null || admittedAtMs <= nowMs - 55_000) continue
    expect(admissions).toMatchObject({ [sequence]: admittedAtMs })
  }
}

/**
 * Compares what both readers say of every token that was ever given out, and of the room. `behind`: the model as the mirror has it;
 * undefined where the mirror is not asked. Nobody is seen by this.
 */
export async function checkAnswers(
  { ctx, gate, stores }: Pick<SimulatedInstance, 'ctx' | 'gate' | 'stores'>,
  asked: { config: QueueConfig; scheduleId: number; nowMs: number },
  tokens: readonly string[],
  model: RoomModel,
  behind: RoomModel | undefined,
): Promise<void> {
  const { config, scheduleId, nowMs } = asked
  const noteSeenAfterMs = Number.MAX_SAFE_INTEGER
  const mirror = { source: ctx.mirror.source, build: () => undefined, reaches: async () => false }
  const redis = new RedisRoom(gate, mirror, noteSeenAfterMs)
  const defaults = roomDefaults(config)
  const postgres = new PostgresRoom({
    pool: stores.pool,
    schedules: ctx.schedules,
    defaults,
    noteSeenAfterMs,
  })
  const rooms = new Rooms({ redis, postgres, mirror })
  const hashes = tokens.map(hashToken)
  const [told, toldByRows, summary, summaryOfRows] = await Promise.all([
    Promise.all(hashes.map((one) => rooms.find(one))),
    Promise.all(hashes.map((one) => postgres.find(one))),
    rooms.summaryNow(scheduleId),
    postgres.summary(scheduleId),
  ])
  const byRows = tokens.map((token) => model.stand(token, nowMs))
  expect(told.map(standingOf)).toEqual(
    tokens.map((token, index) => behind?.stand(token, nowMs) ?? byRows[index]),
  )
  expect(toldByRows.map(standingOf)).toEqual(byRows)
  expect(summary).toMatchObject(summaryOf(behind ?? model, nowMs))
  expect(summaryOfRows).toMatchObject(summaryOf(model, nowMs))
}

function standingOf(located: LocatedPlace | undefined): Standing | undefined {
  if (located === undefined || located.place.status === 'ACTIVE') return located?.place
  const { noteSeen: _unforeseen, ...standing } = located.place
  return standing
}

function summaryOf(model: RoomModel, nowMs: number): object {
  const { line, limits, lastAdmitted, places } = model
  const active = places.filter((place) => place.status === 'ACTIVE' && isInTime(place, nowMs)).length
  const nowServing = line[0] === undefined ? lastAdmitted : line[0].sequence - 1
  return { ...limits, nowMs, nowServing, waiting: line.length, active }
}
