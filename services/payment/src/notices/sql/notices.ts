import type { Queryable, Tx } from '@frontrow/postgres/pool'
import { uuidv7 } from 'uuidv7'
import type { PaymentMethod } from '../../sql/payments.ts'
import { lowestIdAt } from '../../uuid-time.ts'

export const noticeKinds = ['CONFIRMATION', 'REFUND', 'SHOW_CANCELLED', 'HOLD_ENDING'] as const
export type NoticeKind = (typeof noticeKinds)[number]
export const noticeStatuses = ['PENDING', 'SENT', 'SKIPPED', 'FAILED'] as const
export type NoticeStatus = (typeof noticeStatuses)[number]

/** A mail that is to be written. */
export interface NewNotice {
  eventId: string
  kind: NoticeKind
  userId: string
  reservationId: string
  scheduleId: number
  paymentId: string | null
  amount: number | null
  reason: string | null
  /** One of many at once, so that the others go first. */
  isBulk: boolean
  dueAt: Date
}

/** A mail in the hands of a worker. */
export interface LeasedNotice {
  noticeId: string
  /** Names the lease: when it runs out. */
  lease: string
  kind: NoticeKind
  reservationId: string
  scheduleId: number
  amount: number | null
  reason: string | null
  attempts: number
  /** Since when each attempt has met an outage; null where the last one did not. */
  outageSince: Date | null
  /** Null where the user's address has been deleted since. */
  email: string | null
  locale: string | null
  /** Null where the event names no payment. */
  paymentAmount: number | null
  paymentMethod: PaymentMethod | null
}

/**
 * Writes the notices of people whose address is known, each once for its event and kind. Returns the kinds of those that nobody can be
 * sent.
 */
export async function insertNotices(tx: Tx, notices: readonly NewNotice[]): Promise<NoticeKind[]> {
  const { rows } = await tx.query<{ kind: NoticeKind }>({
    name: 'notices-insert',
    text: `WITH wanted AS MATERIALIZED (
             SELECT n.*, c.is_known
             FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::uuid[], $6::bigint[], $7::uuid[], $8::bigint[], $9::text[],
                 $10::boolean[], $11::timestamptz[])
               AS n (notice_id, event_id, kind, user_id, reservation_id, schedule_id, payment_id, amount, reason, is_bulk, due_at)
             LEFT JOIN LATERAL (SELECT true AS is_known FROM contacts c WHERE c.user_id = n.user_id AND c.email IS NOT NULL OFFSET 0) c
               ON true
           ), written AS (
             INSERT INTO notices (notice_id, event_id, kind, user_id, reservation_id, schedule_id, payment_id, amount, reason, is_bulk, due_at)
             SELECT notice_id, event_id, kind, user_id, reservation_id, schedule_id, payment_id, amount, reason, is_bulk, due_at
             FROM wanted WHERE is_known ORDER BY event_id
             ON CONFLICT (event_id, kind) DO NOTHING
           )
           SELECT kind FROM wanted WHERE is_known IS NULL`,
    values: [
      notices.map(() => uuidv7()),
      notices.map(({ eventId }) => eventId),
      notices.map(({ kind }) => kind),
      notices.map(({ userId }) => userId),
      notices.map(({ reservationId }) => reservationId),
      notices.map(({ scheduleId }) => scheduleId),
      notices.map(({ paymentId }) => paymentId),
      notices.map(({ amount }) => amount),
      notices.map(({ reason }) => reason),
      notices.map(({ isBulk }) => isBulk),
      notices.map(({ dueAt }) => dueAt),
    ],
  })
  return rows.map(({ kind }) => kind)
}

/** Leases up to `limit` notices that are due, those of a cancelled show last. The lease of a worker that dies runs out. */
export async function leaseNotices(db: Queryable, leaseMs: number, limit: number): Promise<LeasedNotice[]> {
  const { rows } = await db.query<LeasedNotice>({
    name: 'notices-lease',
    text: `WITH due AS MATERIALIZED (
             SELECT n.notice_id FROM (VALUES (false), (true)) AS sort (is_bulk)
             CROSS JOIN LATERAL (
               SELECT notice_id FROM notices
               WHERE status = 'PENDING' AND is_bulk = sort.is_bulk AND due_at <= now()
               ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED) AS n
             LIMIT $2
           )
           UPDATE notices n SET attempts = attempts + 1, due_at = now() + make_interval(secs => $1::float8 / 1000)
           FROM due WHERE n.notice_id = due.notice_id
           RETURNING n.notice_id AS "noticeId", n.due_at::text AS lease, n.kind, n.reservation_id AS "reservationId", n.schedule_id AS "scheduleId", n.amount,
             n.reason, n.attempts, n.outage_since AS "outageSince",
             (SELECT c.email FROM contacts c WHERE c.user_id = n.user_id) AS email,
             (SELECT c.locale FROM contacts c WHERE c.user_id = n.user_id) AS locale,
             (SELECT p.amount FROM payments p WHERE p.payment_id = n.payment_id) AS "paymentAmount",
             (SELECT p.payment_method FROM payments p WHERE p.payment_id = n.payment_id) AS "paymentMethod"`,
    values: [leaseMs, limit],
  })
  return rows
}

/**
 * Ends a notice; `error` says why it was not sent. That it was sent is so whoever has the lease by now; anything else is for who has it to say.
 */
export async function endNotice(
  db: Queryable,
  { noticeId, lease }: Pick<LeasedNotice, 'noticeId' | 'lease'>,
  status: Exclude<NoticeStatus, 'PENDING'>,
  error: string | null,
): Promise<void> {
  await db.query({
    name: 'notices-end',
    text: `UPDATE notices SET status = $2, last_error = $3, ended_at = now()
           WHERE notice_id = $1 AND status = 'PENDING' AND ($2 = 'SENT' OR due_at = $4::timestamptz)`,
    values: [noticeId, status, error, lease],
  })
}

/**
 * Replaces the lease of a notice that could not be sent: the next try may begin in `retryInMs`. An outage uses up no attempt. Does nothing
 * where the lease has run out and another worker has the notice.
 */
export async function postponeNotice(
  db: Queryable,
  { noticeId, lease }: Pick<LeasedNotice, 'noticeId' | 'lease'>,
  failure: { error: string; retryInMs: number; isOutage: boolean },
): Promise<void> {
  await db.query({
    name: 'notices-postpone',
    text: `UPDATE notices SET last_error = $2, due_at = now() + make_interval(secs => $3::float8 / 1000),
             attempts = CASE WHEN $4 THEN attempts - 1 ELSE attempts END,
             outage_since = CASE WHEN $4 THEN coalesce(outage_since, now()) END
           WHERE notice_id = $1 AND status = 'PENDING' AND due_at = $5::timestamptz`,
    values: [noticeId, failure.error, failure.retryInMs, failure.isOutage, lease],
  })
}

/** Deletes notices that ended and were made before `oldest`, 5,000 at most; returns how many. Their ids are in the order of time. */
export async function tidyNotices(db: Queryable, oldest: Date): Promise<number> {
  const { rowCount } = await db.query(
    `DELETE FROM notices WHERE notice_id = ANY (ARRAY(
       SELECT notice_id FROM notices WHERE notice_id < $1 AND status <> 'PENDING' ORDER BY notice_id LIMIT 5000))`,
    [lowestIdAt(oldest)],
  )
  return rowCount ?? 0
}

/** How many notices wait, and for how long the one that has been due longest. */
export async function noticeBacklog(db: Queryable): Promise<{ rows: number; oldestSeconds: number }> {
  const { rows } = await db.query<{ rows: number; oldest: number }>(
    `SELECT count(*) AS rows, coalesce(extract(epoch FROM now() - min(created_at)), 0)::float8 AS oldest
     FROM notices WHERE status = 'PENDING' AND due_at <= now()`,
  )
  return { rows: rows[0]?.rows ?? 0, oldestSeconds: rows[0]?.oldest ?? 0 }
}
