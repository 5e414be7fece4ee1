import type { Tx } from '@frontrow/postgres/pool'
import { Batcher } from '@frontrow/service-host/batcher'
import { admitNext } from '../admission/admit-next.ts'
import type { AdmissionBatch } from '../admission/admit-next.ts'
import { livesOf } from '../admission/no-shows.ts'
import { changeOrMakeRoom } from '../admission/change-room.ts'
import type { ChangingContext, LockedRoom, RoomChange, RoomLimits } from '../admission/change-room.ts'
import { roomDefaults } from '../admission/steer-waiting-room.ts'
import type { QueueContext } from '../context.ts'
import { closeEarlyList } from '../fairness/fairness-rows.ts'
import type { MirroredPlace } from '../redis-room/room-changes.ts'
import { admissionWindow } from '../schedules.ts'
import type { OnSale } from '../schedules.ts'

/** Somebody who wants a place. */
export interface Join {
  /** The schedule as this join knows it. */
  onSale: OnSale
  userId: string
  tokenHash: Buffer
}

/** What a join got; it is stored. EXISTS: the user has a place. FULL: as many wait as may. */
export type JoinOutcome =
  | (JoinedPlace & { status: 'WAITING'; before: number; waiting: number })
  | (JoinedPlace & { status: 'ACTIVE'; activeUntilMs: number })
  | { status: 'EXISTS' }
  | { status: 'FULL' }

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
    send: async (scheduleId, joins) => {
      const defaults = roomDefaults(ctx.config)
      const { outcomes, version } = await changeOrMakeRoom(ctx, scheduleId, defaults, (tx, room) =>
        placeJoins(ctx, tx, room, joins),
      )
      const isMirrored = ctx.mirror.reaches(scheduleId, version)
      return outcomes.map((outcome) => ({ ...outcome, isMirrored }))
    },
  })
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
  const placed = await insertPlaces(tx, room, joins)
  const after = await letIn(ctx, tx, room, onSale, placed.length)
  const surplus = Math.max(0, after.waiting - WAITING_MAX)
  if (surplus > 0) await takeBack(tx, room.scheduleId, placed.slice(-surplus))
  const { version } = after
  const outcomes = outcomesOf(joins, placed, { ...after, surplus })
  const isAllInLine =
    !isClosing &&
    after.lastAdmitted === locked.lastAdmitted &&
    surplus === 0 &&
    version === locked.version + 1
  const difference = isAllInLine
    ? { from: locked.version, to: after, places: mirrored(joins, outcomes, version) }
    : undefined
  return { version, outcomes, difference }
}

function outcomesOf(
  joins: readonly Join[],
  placed: readonly GivenPlace[],
  after: Standing & { surplus: number },
): JoinOutcome[] {
  const { nowMs, waiting, surplus, lastAdmitted, activeUntilMs } = after
  const indexes = new Map(placed.map(({ tokenHash }, index) => [tokenHash.toString('base64'), index]))
  // The places are in the order of their sequences, and those that were let in are the first of them.
  const firstInLine = placed.findIndex(({ sequence }) => sequence > lastAdmitted)
  const waitingBefore = waiting - (firstInLine < 0 ? 0 : placed.length - firstInLine)
  return joins.map(({ tokenHash }): JoinOutcome => {
    const index = indexes.get(tokenHash.toString('base64'))
    const sequence = placed[index ?? -1]?.sequence
    if (index === undefined || sequence === undefined) return { status: 'EXISTS' }
    if (index >= placed.length - surplus) return { status: 'FULL' }
    const joined = { sequence, nowMs }
    if (sequence <= lastAdmitted) return { status: 'ACTIVE', activeUntilMs, ...joined }
    const before = waitingBefore + index - firstInLine
    return { status: 'WAITING', before, waiting: waiting - surplus, ...joined }
  })
}

/** New places in the line as the mirror keeps them. */
function mirrored(
  joins: readonly Join[],
  outcomes: readonly JoinOutcome[],
  version: number,
): MirroredPlace[] {
  const never = { activeUntilMs: 0, showUpByMs: 0, admittedAtMs: 0 }
  return joins.flatMap(({ userId, tokenHash }, index) => {
    const outcome = outcomes[index]
    if (outcome?.status !== 'WAITING') return []
    const { sequence, nowMs } = outcome
    return [{ userId, tokenHash, sequence, version, status: 'W', seenAtMs: nowMs, ...never }]
  })
}

type Standing = Pick<AdmissionBatch, 'nowMs' | 'version' | 'waiting' | 'lastAdmitted' | 'activeUntilMs'> &
  RoomLimits

/** Lets new places straight in where nobody waits before them. */
async function letIn(
  ctx: JoinContext,
  tx: Tx,
  room: LockedRoom,
  onSale: OnSale,
  joined: number,
): Promise<Standing> {
  if (room.waiting > 0 || room.drawnAt === null || room.paused) {
    return { ...room, version: room.version + 1, waiting: room.waiting + joined, activeUntilMs: 0 }
  }
  const window = { ...admissionWindow(onSale), over: false }
  return { ...room, ...(await admitNext(tx, room.scheduleId, window, livesOf(ctx), BATCH_MAX)) }
}

interface GivenPlace {
  sequence: number
  tokenHash: Buffer
}

async function insertPlaces(tx: Tx, room: LockedRoom, joins: readonly Join[]): Promise<GivenPlace[]> {
  const { rows } = await tx.query<GivenPlace>({
    name: 'insert-places',
    text: `
      WITH placed AS (
        INSERT INTO queue_tokens (schedule_id, sequence, user_id, token_hash, version)
        SELECT $1, $2 + joining.place, joining.user_id, joining.token_hash, $3
        FROM unnest($4::text[], $5::bytea[]) WITH ORDINALITY AS joining (user_id, token_hash, place)
        ORDER BY place
        ON CONFLICT (schedule_id, user_id) WHERE status IN ('WAITING', 'ACTIVE') DO NOTHING
        RETURNING sequence, token_hash
      ), moved AS (
        UPDATE rooms SET last_sequence = $2 + cardinality($4::text[]), waiting = waiting + (SELECT count(*) FROM placed), version = $3
        WHERE schedule_id = $1
      )
      SELECT sequence, token_hash AS "tokenHash" FROM placed ORDER BY sequence`,
    values: [
      room.scheduleId,
      room.lastSequence,
      room.version + 1,
      joins.map(({ userId }) => userId),
      joins.map(({ tokenHash }) => tokenHash),
    ],
  })
  return rows
}

/** Takes back places that nobody was told of, because too many wait. */
async function takeBack(tx: Tx, scheduleId: number, places: readonly GivenPlace[]): Promise<void> {
  await tx.query({
    name: 'take-back-places',
    text: `WITH taken AS (DELETE FROM queue_tokens WHERE schedule_id = $1 AND sequence = ANY ($2::bigint[]) RETURNING 1)
           UPDATE rooms SET waiting = waiting - (SELECT count(*) FROM taken) WHERE schedule_id = $1`,
    values: [scheduleId, places.map(({ sequence }) => sequence)],
  })
}
