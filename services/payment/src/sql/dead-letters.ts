import type { DeadLetter } from '@frontrow/messaging/dead-letter-collector'
import type { Queryable } from '@frontrow/postgres/pool'

/** A row of `dead_letters`. */
export interface DeadLetterRow {
  dead_letter_id: string
  topic: string
  consumer: string
  message_key: Buffer | null
  value: Buffer | null
  headers: Record<string, string>
  error: string
  attempts: number
  parked_at: Date
  retried_at: Date | null
}

const COLUMNS =
  'dead_letter_id, topic, consumer, message_key, value, headers, error, attempts, parked_at, retried_at'

/** Stores a parked message, once however often it is delivered. */
export async function insertDeadLetter(
  db: Queryable,
  deadLetterId: string,
  letter: DeadLetter,
): Promise<void> {
  await db.query(
    `INSERT INTO dead_letters (dead_letter_id, topic, dead_letter_partition, dead_letter_offset, consumer, message_key,
       value, headers, error, attempts)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING`,
    [
      deadLetterId,
      letter.topic,
      letter.partition,
      letter.offset,
      letter.consumer,
      letter.key,
      letter.value,
      JSON.stringify(letter.headers),
      letter.error,
      letter.attempts,
    ],
  )
}

/** Lists dead letters, newest first, older than the one with the id `before`. */
export async function listDeadLetters(
  db: Queryable,
  before: string | undefined,
  limit: number,
): Promise<DeadLetterRow[]> {
  const { rows } = await db.query<DeadLetterRow>(
    `SELECT ${COLUMNS} FROM dead_letters WHERE $1::uuid IS NULL OR dead_letter_id < $1
     ORDER BY dead_letter_id DESC LIMIT $2`,
    [before ?? null, limit],
  )
  return rows
}

/** A dead letter that one request may publish. */
export interface LeasedDeadLetter extends DeadLetterRow {
  /** Names the lease: when it runs out. */
  lease: string
}

/** Leases a dead letter that was not published again yet; undefined where it was, where another request has it, and where there is none. */
export async function leaseForRetry(
  db: Queryable,
  deadLetterId: string,
  leaseMs: number,
): Promise<LeasedDeadLetter | undefined> {
  const { rows } = await db.query<LeasedDeadLetter>(
    `UPDATE dead_letters SET retry_leased_until = now() + make_interval(secs => $2::float8 / 1000)
     WHERE dead_letter_id = $1 AND retried_at IS NULL AND (retry_leased_until IS NULL OR retry_leased_until < now())
     RETURNING ${COLUMNS}, retry_leased_until::text AS lease`,
    [deadLetterId, leaseMs],
  )
  return rows[0]
}

/** Lets the next request publish a dead letter that could not be published, unless its lease has run out and another request has it. */
export async function endLease(db: Queryable, { dead_letter_id, lease }: LeasedDeadLetter): Promise<void> {
  await db.query(
    'UPDATE dead_letters SET retry_leased_until = NULL WHERE dead_letter_id = $1 AND retry_leased_until = $2::timestamptz',
    [dead_letter_id, lease],
  )
}

/** Reads one dead letter. */
export async function findDeadLetter(
  db: Queryable,
  deadLetterId: string,
): Promise<DeadLetterRow | undefined> {
  const { rows } = await db.query<DeadLetterRow>(
    `SELECT ${COLUMNS} FROM dead_letters WHERE dead_letter_id = $1`,
    [deadLetterId],
  )
  return rows[0]
}

/** Notes that a dead letter was published again, and returns the time. */
export async function markRetried(db: Queryable, deadLetterId: string): Promise<Date> {
  const { rows } = await db.query<{ retried_at: Date }>(
    'UPDATE dead_letters SET retried_at = now(), retry_leased_until = NULL WHERE dead_letter_id = $1 RETURNING retried_at',
    [deadLetterId],
  )
  const row = rows[0]
  if (row === undefined) throw new Error('a dead letter vanished')
  return row.retried_at
}
