import type { Tx } from '@frontrow/postgres/pool'
import { Batcher } from '@frontrow/service-host/batcher'
import { admitJoining, admitNext } from '../admission/admit-next.ts'
import type { AdmissionBatch } from '../admission/admit-next.ts'
import { livesOf } from '../admission/no-shows.ts'
import { changeOrMakeRoom } from '../admission/change-room.ts'
import type { ChangingContext, LockedRoom, RoomChange } from '../admission/change-room.ts'
import { roomDefaults } from '../admission/steer-waiting-room.ts'
import type { QueueContext } from '../context.ts'
import type { JoinMarks } from '../join-check/check-joiner.ts'
import { keepMarks, refusedByMarks } from '../join-check/mark-joins.ts'
import type { MarkRefusal } from '../join-check/mark-joins.ts'
import { closeEarlyList } from '../fairness/fairness-rows.ts'
import type { Difference } from '../redis-room/mirror.ts'
import type { MirroredPlace } from '../redis-room/room-changes.ts'
import { admissionWindow } from '../schedules.ts'
import type { OnSale } from '../schedules.ts'

/** Somebody who wants a place. */
export interface Join extends JoinMarks {
  /** The schedule as this join knows it. */
  onSale: OnSale
  userId: string
  tokenHash: Buffer
}

/** What a join got; it is stored. EXISTS: the user has a place. FULL: as many wait as may. The others are of checks at the join. */
export type JoinOutcome =
  | (JoinedPlace & { status: 'WAITING'; before: number; waiting: number })
  | (JoinedPlace & { status: 'ACTIVE'; activeUntilMs: number })
  | { status: 'EXISTS' }
  | { status: 'FULL' }
  | { status: MarkRefusal }

interface JoinedPlace {
  sequence: number
  nowMs: number
}

/** Joins by schedule; each is answered after the commit. `isMirrored` resolves when the mirror has the place too, or takes long. */
export type JoinBatches = Batcher<number, Join, JoinOutcome & { isMirrored: Promise<boolean> }>

type JoinContext = ChangingContext & Pick<QueueContext, 'config'>

const BATCH_MAX = 500
const PENDING_MAX = 10_000
const LINGER_MS = 3

/**
 * Joins of one room that come while a transaction is in work, or within 3 ms, share the next one. One transaction a room is in
 * work at a time, because each locks the room.
 */
export function createJoinBatches(ctx: JoinContext): JoinBatches {
  return new Batcher({
    batchMax: BATCH_MAX,
    lingerMs: LINGER_MS,
    atOnceMax: 1,
    pendingMax: PENDING_MAX,
    waitMaxMs: 3_000,
    send: async (scheduleId, joins) => {
      const defaults = roomDefaults(ctx.config)
      const { outcomes, version } = await changeOrMakeRoom(ctx, scheduleId, defaults, (tx, room) =>
        placeMarkedJoins(ctx, tx, room, joins),
      )
      const isMirrored = ctx.mirror.reaches(scheduleId, version)
      return outcomes.map((outcome) => ({ ...outcome, isMirrored }))
    },
  })
}

/** Gives places to those who may have one by what their joins use up, which is written in the same transaction. Who is told FULL uses up nothing. */
async function placeMarkedJoins(
  ctx: JoinContext,
  tx: Tx,
  room: LockedRoom,
  joins: readonly Join[],
): Promise<RoomChange & { outcomes: JoinOutcome[] }> {
  const isMarked = joins.some(({ spends, claimHash }) => spends !== undefined || claimHash !== undefined)
  if (!isMarked || room.waiting >= ctx.config.WAITING_MAX) return placeJoins(ctx, tx, room, joins)
  const refused = await refusedByMarks(tx, room.scheduleId, joins)
  const allowed = joins.filter((_, index) => !refused.has(index))
  const placed =
    allowed.length === 0 ? { version: room.version, outcomes: [] } : await placeJoins(ctx, tx, room, allowed)
  const using = allowed.filter((_, index) => placed.outcomes[index]?.status !== 'FULL')
  await keepMarks(tx, room.scheduleId, using)
  const given = placed.outcomes.values()
  const outcomes = joins.map((_, index): JoinOutcome => {
    const refusal = refused.get(index)
    return refusal === undefined ? (given.next().value ?? { status: 'FULL' }) : { status: refusal }
  })
  return { ...placed, outcomes }
}

/**
 * Gives places to many people at once, in the order of the list; who has a live place already gets none. The lock of the room
 * makes batches of all instances follow each other, so that who joins after somebody was answered stands behind them. Where
 * nobody waits, those for whom there is room are let in at once, in the same transaction.
 */
async function placeJoins(
  ctx: JoinContext,
  tx: Tx,
  locked: LockedRoom,
  joins: readonly Join[],
): Promise<RoomChange & { outcomes: JoinOutcome[] }> {
  const { WAITING_MAX } = ctx.config
  const onSale = joins.at(-1)?.onSale
  if (locked.waiting >= WAITING_MAX || onSale === undefined) {
    return { version: locked.version, outcomes: joins.map(() => ({ status: 'FULL' })) }
  }
  // The newest join read the schedule last, so it knows the opening best.
  const isClosing = locked.earlyEntries === null && locked.nowMs >= onSale.opensAtMs
  const room = isClosing ? await closeEarlyList(tx, locked) : locked
  const after = await givePlaces(ctx, tx, room, onSale, joins)
  const surplus = Math.max(0, after.waiting - WAITING_MAX)
  if (surplus > 0) await takeBack(tx, room.scheduleId, after.placed.slice(-surplus))
  const outcomes = outcomesOf(joins.length, room, { ...after, surplus })
  // Where somebody's time was over, or one change followed another, the mirror reads what has changed.
  const isAllKnown = surplus === 0 && after.expired === 0 && after.version === locked.version + 1
  const difference = isAllKnown ? differenceOf(ctx, locked, after, joins, outcomes) : undefined
  return { version: after.version, outcomes, difference }
}

function outcomesOf(
  joined: number,
  { lastSequence }: LockedRoom,
  { placed, nowMs, waiting, surplus, lastAdmitted, activeUntilMs }: Standing & { surplus: number },
): JoinOutcome[] {
  const outcomes = Array.from({ length: joined }, (): JoinOutcome => ({ status: 'EXISTS' }))
  // The places are in the order of their sequences, and those that were let in are the first of them.
  const firstInLine = placed.findIndex((sequence) => sequence > lastAdmitted)
  const waitingBefore = waiting - (firstInLine < 0 ? 0 : placed.length - firstInLine)
  for (const [index, sequence] of placed.entries()) {
    const one = { sequence, nowMs }
    const before = waitingBefore + index - firstInLine
    if (index >= placed.length - surplus) outcomes[sequence - lastSequence - 1] = { status: 'FULL' }
    else if (sequence <= lastAdmitted)
      outcomes[sequence - lastSequence - 1] = { status: 'ACTIVE', activeUntilMs, ...one }
    else
      outcomes[sequence - lastSequence - 1] = {
        status: 'WAITING',
        before,
        waiting: waiting - surplus,
        ...one,
      }
  }
  return outcomes
}

/** What the mirror is to learn of a batch of joins. */
function differenceOf(
  ctx: JoinContext,
  before: LockedRoom,
  after: Standing,
  joins: readonly Join[],
  outcomes: readonly JoinOutcome[],
): Difference {
  const { version, nowMs, lastAdmitted } = after
  const { showUpMs } = livesOf(ctx)
  const never = { activeUntilMs: 0, showUpByMs: 0, admittedAtMs: 0, seenAtMs: 0 }
  const places = joins.flatMap(({ userId, tokenHash }, index): MirroredPlace[] => {
    const outcome = outcomes[index]
    if (outcome?.status !== 'WAITING' && outcome?.status !== 'ACTIVE') return []
    const place = { userId, tokenHash, sequence: outcome.sequence, version, ...never }
    if (outcome.status === 'WAITING') return [{ ...place, status: 'W', seenAtMs: nowMs }]
    const { activeUntilMs } = outcome
    return [{ ...place, status: 'A', activeUntilMs, showUpByMs: nowMs + showUpMs, admittedAtMs: nowMs }]
  })
  return { from: before.version, to: { ...before, version, lastAdmitted }, places, newTokens: places }
}

/** How a room stands after joins. */
interface Standing extends Pick<
  AdmissionBatch,
  'nowMs' | 'version' | 'waiting' | 'lastAdmitted' | 'activeUntilMs' | 'expired'
> {
  /** The sequences that were given, in their order. The join at `index` got `lastSequence + 1 + index`, or none. */
  placed: number[]
}

/** Gives places, and lets those straight in for whom there is room, where nobody waits before them. */
async function givePlaces(
  ctx: JoinContext,
  tx: Tx,
  room: LockedRoom,
  onSale: OnSale,
  joins: readonly Join[],
): Promise<Standing> {
  const { scheduleId, lastSequence } = room
  const toSequences = (places: readonly number[]) => places.map((place) => lastSequence + place)
  if (room.waiting > 0 || room.drawnAt === null || room.paused) {
    const placed = toSequences(await insertPlaces(tx, room, joins))
    const waiting = room.waiting + placed.length
    return { ...room, version: room.version + 1, waiting, activeUntilMs: 0, expired: 0, placed }
  }
  const window = { ...admissionWindow(onSale), over: false }
  const { places, ...after } = await admitJoining(tx, scheduleId, window, livesOf(ctx), BATCH_MAX, joins)
  const placed = toSequences(places)
  if (after.waiting === 0 || placed.length === joins.length) return { ...after, placed }
  // Some had places, and may have kept slots free for which others wait now.
  const more = await admitNext(tx, scheduleId, window, livesOf(ctx), BATCH_MAX)
  if (more.version === after.version) return { ...after, placed }
  // The deadline of the first ones is some milliseconds earlier. Nobody is to be told a later one than the place has.
  return { ...more, activeUntilMs: after.activeUntilMs, placed }
}

/** Returns the places of those who had none, counted from the sequence that was given last before. */
async function insertPlaces(tx: Tx, room: LockedRoom, joins: readonly Join[]): Promise<number[]> {
  const { rows } = await tx.query<{ places: number[] | null }>({
    name: 'insert-places',
    text: `
      WITH placed AS (
        INSERT INTO queue_tokens (schedule_id, sequence, user_id, token_hash, version)
        SELECT $1, $2 + joining.place, joining.user_id, joining.token_hash, $3
        FROM unnest($4::text[], $5::bytea[]) WITH ORDINALITY AS joining (user_id, token_hash, place)
        ORDER BY place
        ON CONFLICT (schedule_id, user_id) WHERE status IN ('WAITING', 'ACTIVE') DO NOTHING
        RETURNING sequence
      ), moved AS (
        UPDATE rooms SET last_sequence = $2 + cardinality($4::text[]), waiting = waiting + (SELECT count(*) FROM placed), version = $3
        WHERE schedule_id = $1
      )
      SELECT array_agg((sequence - $2)::int ORDER BY sequence) AS places FROM placed`,
    values: [
      room.scheduleId,
      room.lastSequence,
      room.version + 1,
      joins.map(({ userId }) => userId),
      joins.map(({ tokenHash }) => tokenHash),
    ],
  })
  return rows[0]?.places ?? []
}

/** Takes back places that nobody was told of, because too many wait. */
async function takeBack(tx: Tx, scheduleId: number, sequences: readonly number[]): Promise<void> {
  await tx.query({
    name: 'take-back-places',
    text: `WITH taken AS (DELETE FROM queue_tokens WHERE schedule_id = $1 AND sequence = ANY ($2::bigint[]) RETURNING 1)
           UPDATE rooms SET waiting = waiting - (SELECT count(*) FROM taken) WHERE schedule_id = $1`,
    values: [scheduleId, sequences],
  })
}
