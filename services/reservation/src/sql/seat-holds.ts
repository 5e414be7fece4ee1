/**
 * Who has a seat. The function `hold_seats` (migrations/0013_released_seats.sql, with `judge_holds`) decides it, with one clock reading and under the primary
 * key (schedule_id, seat_id): it takes all seats or none, takes lapsed holds over in place, and counts the user's seats from the rows
 * themselves.
 *
 * All transactions lock in the same order, so that they can't deadlock: messages by id (inbox), cancelled schedules by id, users (advisory
 * locks, by their keys), seats by schedule and id, reservations by id, replies by payment, the Idempotency-Key, the row of a job (jobs.ts). One
 * that works for many users takes all locks of one kind before the first of the next kind, each kind with one statement. Those that only tidy up
 * skip locked rows instead of waiting. Whoever accepts jobs takes the lock of the schedule's line (`lockJobsOf`) before everything else, and of the
 * others only keys; the rows of these jobs are new, so nobody waits for them.
 */
import type { KeyedRequest } from '@frontrow/idempotency/idempotency-key'
import { hashContent } from '@frontrow/idempotency/idempotency-key'
import type { OutgoingMessage } from '@frontrow/messaging/outbox'
import { isUniqueViolation } from '@frontrow/postgres/errors'
import type { Pool, Queryable, Tx } from '@frontrow/postgres/pool'
import { inOneStatement } from '@frontrow/postgres/transaction'
import { topics } from '@frontrow/proto/topics'
import { uuidv7 } from 'uuidv7'
import type { EndedReservation, Reservation } from '../reservation.ts'

/** A hold to make, and what is stored and told together with it. */
export interface NewHold {
  /** Its seats without duplicates. */
  reservation: Pick<
    Reservation,
    | 'reservationId'
    | 'reservationNumber'
    | 'userId'
    | 'scheduleId'
    | 'seats'
    | 'totalAmount'
    | 'queueSequence'
  >
  /** The request whose key gets the answer. */
  keyed: KeyedRequest | undefined
  /** The answer, without its last fields: `reservedAt`, `expiresAt`, `holdSecondsLeft`, `remainingAllowance` and `releasesLeft`. */
  untimedAnswer: object
  /** The event, without the last field `expiresAt` of its payload; with the trace of the request. */
  untimedEvent: OutgoingMessage
}

/** What holds of one statement have in common. */
export interface HoldLimits {
  holdMs: number
  seatsPerUserMax: number
  /** Seats that a user may have released of the holds of the last `releasesWindowMs`; at so many they hold no more. */
  releasesMax: number
  releasesWindowMs: number
  /** How long the statement may wait for one lock; as the connection has it when left out. */
  lockWaitMs?: number
}

/** What became of it. All but HELD have written nothing. */
export type HoldOutcome =
  | {
      outcome: 'HELD'
      /** The text that is stored, with its times, parsed. */
      answer: unknown
      /** Lapsed reservations that lost a seat to this hold, and have ended by it. */
      takenOver: EndedReservation[]
    }
  /** The key has an answer: the same text that is stored, parsed. */
  | { outcome: 'REPLAYED'; answer: unknown }
  /** The key has an answer to another request. */
  | { outcome: 'KEY_REUSED' }
  /** The schedule is cancelled. */
  | { outcome: 'CANCELLED' }
  /** The user would have too many seats; `seatsBefore` are the live ones before. */
  | { outcome: 'OVER_LIMIT'; seatsBefore: number }
  /** The user has given back too many seats lately. */
  | { outcome: 'RELEASED_TOO_MANY' }
  /** Somebody has these of the wanted seats. */
  | { outcome: 'TAKEN'; takenSeatIds: number[] }
  /** A hold before it in the same statement is of the same user, or wants one of its seats. It has to be asked for again. */
  | { outcome: 'YIELDED' }
  /** Another reservation has the number. It is told of a hold that is alone in its statement. */
  | { outcome: 'NUMBER_EXISTS' }

/**
 * Holds the seats of each, in one round trip and a transaction of its own; answers in the order of the holds. A second buyer of a seat waits for
 * the first one's commit. A hold that is alone is tried again when it collides with another transaction; of many that share the statement,
 * all fail, with the error of the database.
 */
export async function takeSeats(
  pool: Pool,
  holds: readonly NewHold[],
  { holdMs, seatsPerUserMax, releasesMax, releasesWindowMs, lockWaitMs }: HoldLimits,
): Promise<HoldOutcome[]> {
  const statement = {
    name: 'seat-holds-take',
    text: `
      SELECT outcome, answer, coalesce(seats_before, 0) AS "seatsBefore", coalesce(taken, '[]') AS "takenSeatIds",
        coalesce(taken_over, '[]') AS "takenOver"
      FROM hold_seats(requests => $1, hold_ms => $2, seats_max => $3, events_topic => $4, lock_wait_ms => $5,
        releases_max => $6, releases_window_ms => $7)`,
    values: [
      JSON.stringify(holds.map(toRequest)),
      holdMs,
      seatsPerUserMax,
      topics.reservationEvents,
      lockWaitMs ?? null,
      releasesMax,
      releasesWindowMs,
    ],
  }
  const isAlone = holds.length === 1
  try {
    const { rows } = await inOneStatement(
      pool,
      (db) => db.query<HoldOutcome>(statement),
      isAlone ? undefined : 1,
    )
    return rows
  } catch (error) {
    if (isAlone && isUniqueViolation(error, 'reservations_number_once')) return [{ outcome: 'NUMBER_EXISTS' }]
    throw error
  }
}

/** A hold as the type `hold_request` of the database. */
function toRequest({ reservation, keyed, untimedAnswer, untimedEvent }: NewHold) {
  const { seats } = reservation
  return {
    schedule_id: reservation.scheduleId,
    user_id: reservation.userId,
    seat_ids: seats.map((seat) => seat.seatId),
    seats,
    total_amount: reservation.totalAmount,
    reservation_id: reservation.reservationId,
    reservation_number: reservation.reservationNumber,
    queue_sequence: reservation.queueSequence,
    operation: keyed?.operation,
    idempotency_key: keyed?.key,
    request_hash: keyed === undefined ? undefined : `\\x${hashContent(keyed.content).toString('hex')}`,
    answer: untimedAnswer,
    event: untimedEvent.payload,
    message_ids: [untimedEvent, ...seats].map(() => uuidv7()),
    traceparent: untimedEvent.trace?.traceparent,
    request_id: untimedEvent.trace?.requestId,
  }
}

/**
 * Makes transactions that change a user's live seats of a schedule take turns. Otherwise two holds at once could each
 * count the seats without the other's and pass the limit together. `hold_seats` takes the same lock. It is a statement of its own, because
 * the snapshot of the next statement must be taken after the wait.
 */
export async function lockUserSeats(tx: Tx, scheduleId: number, userId: string): Promise<void> {
  await tx.query({
    name: 'seat-holds-lock-user',
    text: `SELECT pg_advisory_xact_lock(hashtextextended($1::text || ' ' || $2, 0))`,
    values: [scheduleId, userId],
  })
}

/** As `lockUserSeats`, for the users and schedules of reservations. */
export async function lockUserSeatsOf(tx: Tx, reservationIds: readonly string[]): Promise<void> {
  await tx.query({
    name: 'seat-holds-lock-users-of',
    text: `SELECT pg_advisory_xact_lock(users.key) FROM (
             SELECT DISTINCT hashtextextended(schedule_id::text || ' ' || user_id, 0) AS key
             FROM reservations WHERE reservation_id = ANY ($1::uuid[]) ORDER BY key) users`,
    values: [reservationIds],
  })
}

/**
 * SQL for the seats that reservations still have, in the order in which they are locked; `held.address` stands still while they are. It
 * is one look by the primary key a seat: a connection keeps its plans, and a join that was planned while the table was small would read
 * all seats of a schedule each time.
 */
export function seatsOf(reservationIds: string, lock: string): string {
  return `FROM (SELECT r.schedule_id, s.seat_id, r.reservation_id FROM reservations r, unnest(r.seat_ids) AS s (seat_id)
            WHERE r.reservation_id = ANY (${reservationIds}) ORDER BY r.schedule_id, s.seat_id OFFSET 0) wanted
          CROSS JOIN LATERAL (SELECT h.ctid AS address, h.reservation_id FROM seat_holds h
            WHERE h.schedule_id = wanted.schedule_id AND h.seat_id = wanted.seat_id AND h.reservation_id = wanted.reservation_id
            ${lock}) held`
}

/** Locks the seats that reservations still have, and returns how many each has. */
export async function lockSeatsOf(
  tx: Tx,
  reservationIds: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const { rows } = await tx.query<{ reservation_id: string }>({
    name: 'seat-holds-lock-of',
    text: `SELECT held.reservation_id ${seatsOf('$1::uuid[]', 'FOR UPDATE')}`,
    values: [reservationIds],
  })
  const counts = new Map<string, number>()
  for (const { reservation_id: id } of rows) counts.set(id, (counts.get(id) ?? 0) + 1)
  return counts
}

/** Sets the deadline of a reservation's seats. Call `lockSeatsOf` before. */
export async function moveDeadline(tx: Tx, reservationId: string, expiresAt: Date): Promise<void> {
  await tx.query({
    name: 'seat-holds-move-deadline',
    text: `UPDATE seat_holds SET expires_at = $2
           WHERE ctid = ANY (ARRAY (SELECT held.address ${seatsOf('ARRAY[$1::uuid]', 'OFFSET 0')}))`,
    values: [reservationId, expiresAt],
  })
}

/**
 * Frees the seats that ended reservations still have. It skips seats that others have locked: those of a lapsed hold are
 * being taken over by a buyer. Those of a cancelled reservation the caller has locked itself.
 */
export async function freeSeatsOf(tx: Tx, reservationIds: readonly string[]): Promise<void> {
  await tx.query({
    name: 'seat-holds-free-of',
    text: `DELETE FROM seat_holds
           WHERE ctid = ANY (ARRAY (SELECT held.address ${seatsOf('$1::uuid[]', 'FOR UPDATE SKIP LOCKED')}))`,
    values: [reservationIds],
  })
}

/** Seats of a schedule that are held, sold or blocked now, and which of these. */
export async function listTakenSeats(
  db: Queryable,
  scheduleId: number,
): Promise<{ seatId: number; isSold: boolean; isBlocked: boolean }[]> {
  const { rows } = await db.query<{ seatId: number; isSold: boolean; isBlocked: boolean }>({
    name: 'seat-holds-list-taken',
    text: `SELECT seat_id AS "seatId", expires_at = 'infinity' AND user_id <> '' AS "isSold", user_id = '' AS "isBlocked"
           FROM seat_holds
           WHERE schedule_id = $1 AND expires_at > clock_timestamp()`,
    values: [scheduleId],
  })
  return rows
}

/** Seats of a schedule whose ids are of a range, both ends included. */
export interface SeatRange {
  scheduleId: number
  firstSeatId: number
  lastSeatId: number
}

/** How many seats of each range are held, sold or blocked now, in the same order. */
export async function countTakenSeats(db: Queryable, ranges: readonly SeatRange[]): Promise<number[]> {
  const { rows } = await db.query<{ taken: number }>({
    name: 'seat-holds-count-taken',
    text: `SELECT held.taken
           FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) WITH ORDINALITY AS wanted (schedule_id, first_id, last_id, place)
           CROSS JOIN LATERAL (SELECT count(*)::int AS taken FROM seat_holds h
             WHERE h.schedule_id = wanted.schedule_id AND h.seat_id BETWEEN wanted.first_id AND wanted.last_id
               AND h.expires_at > clock_timestamp() OFFSET 0) held
           ORDER BY wanted.place`,
    values: [
      ranges.map(({ scheduleId }) => scheduleId),
      ranges.map(({ firstSeatId }) => firstSeatId),
      ranges.map(({ lastSeatId }) => lastSeatId),
    ],
  })
  return rows.map(({ taken }) => taken)
}

/** The ids of seats that are taken. They come as one text: 8,000 rows cost this process several times as much. */
export async function listTakenSeatIds(db: Queryable, scheduleId: number): Promise<number[]> {
  const { rows } = await db.query<{ seatIds: string | null }>({
    name: 'seat-holds-list-taken-ids',
    text: `SELECT string_agg(seat_id::text, ',') AS "seatIds" FROM seat_holds
           WHERE schedule_id = $1 AND expires_at > clock_timestamp()`,
    values: [scheduleId],
  })
  return rows[0]?.seatIds?.split(',').map(Number) ?? []
}

/** How many seats of a schedule a user holds or has bought. */
export async function countLiveSeats(db: Queryable, scheduleId: number, userId: string): Promise<number> {
  const { rows } = await db.query<{ count: number }>({
    name: 'seat-holds-count-of-user',
    text: `SELECT count(*) AS count FROM seat_holds
           WHERE schedule_id = $1 AND user_id = $2 AND expires_at > clock_timestamp()`,
    values: [scheduleId, userId],
  })
  return rows[0]?.count ?? 0
}
