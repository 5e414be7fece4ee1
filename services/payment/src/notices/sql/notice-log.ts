import type { Queryable, Tx } from '@frontrow/postgres/pool'
import { HIGHEST_UUID } from '@frontrow/values/ids'
import type { NoticeKind, NoticeStatus } from './notices.ts'

/** A notice as admins see it. It does not say the address. */
export interface NoticeRow {
  noticeId: string
  eventId: string
  kind: NoticeKind
  userId: string
  reservationId: string
  paymentId: string | null
  status: NoticeStatus
  attempts: number
  /** Null once it has ended. */
  dueAt: Date | null
  lastError: string | null
  createdAt: Date
  endedAt: Date | null
}

const COLUMNS = `notice_id AS "noticeId", event_id AS "eventId", kind, user_id AS "userId", reservation_id AS "reservationId",
  payment_id AS "paymentId", status, attempts, CASE WHEN status = 'PENDING' THEN due_at END AS "dueAt", last_error AS "lastError",
  created_at AS "createdAt", ended_at AS "endedAt"`

/** Lists notices, newest first, older than the one with the id `before`; of one status where it is named. */
export async function listNotices(
  db: Queryable,
  page: { before: string | undefined; limit: number; status: NoticeStatus | undefined },
): Promise<NoticeRow[]> {
  const { before, limit, status } = page
  const { rows } = await db.query<NoticeRow>(
    `SELECT ${COLUMNS} FROM notices WHERE notice_id < $1 ${status === undefined ? '' : 'AND status = $3'}
     ORDER BY notice_id DESC LIMIT $2`,
    [before ?? HIGHEST_UUID, limit, ...(status === undefined ? [] : [status])],
  )
  return rows
}

/** Locks one notice; undefined where there is none. */
export async function lockNotice(tx: Tx, noticeId: string): Promise<NoticeRow | undefined> {
  const { rows } = await tx.query<NoticeRow>(
    `SELECT ${COLUMNS} FROM notices WHERE notice_id = $1 FOR UPDATE`,
    [noticeId],
  )
  return rows[0]
}

/** Makes a notice due now, with all attempts before it. */
export async function reviveNotice(tx: Tx, noticeId: string): Promise<NoticeRow | undefined> {
  const { rows } = await tx.query<NoticeRow>(
    `UPDATE notices SET status = 'PENDING', attempts = 0, outage_since = NULL, due_at = now(), ended_at = NULL
     WHERE notice_id = $1 RETURNING ${COLUMNS}`,
    [noticeId],
  )
  return rows[0]
}
