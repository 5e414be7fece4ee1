import type { Queryable } from '@frontrow/postgres/pool'

/** States of a queue token; the last three are final. */
export type TokenStatus = 'WAITING' | 'ACTIVE' | 'USED' | 'LEFT' | 'EXPIRED'

/** One place as PostgreSQL has it. */
export interface TokenRow {
  scheduleId: number
  sequence: number
  userId: string
  tokenHash: Buffer
  status: TokenStatus
  /** The version of its room with which the place changed last. */
  version: number
  /** null until it was ACTIVE. */
  activeUntil: Date | null
  /** By when its holder has to be seen after the admission; null before it and from then on. */
  showUpBy: Date | null
  /** Of one who waits; at most a quarter of an hour old while its holder polls. */
  seenAt: Date
}

/** The columns of a TokenRow, for SELECT and RETURNING. */
export const TOKEN_COLUMNS = `schedule_id AS "scheduleId", sequence, user_id AS "userId", token_hash AS "tokenHash", status,
  version, active_until AS "activeUntil", show_up_by AS "showUpBy", seen_at AS "seenAt"`

/** Whether a place is neither used, left nor expired at this time. */
export function isLive(row: TokenRow, nowMs: number): boolean {
  if (row.status !== 'ACTIVE') return row.status === 'WAITING'
  return Math.min(row.activeUntil?.getTime() ?? 0, row.showUpBy?.getTime() ?? Infinity) > nowMs
}

/** Whether a place is over for good. One whose deadline has passed was perhaps not ended yet. */
export function isEnded({ status }: TokenRow): boolean {
  return status !== 'WAITING' && status !== 'ACTIVE'
}

/** The places of many token values, live or not, in no order. Each is looked up by itself, also where the table was empty a moment ago. */
export async function findTokens(db: Queryable, tokenHashes: readonly Buffer[]): Promise<TokenRow[]> {
  const { rows } = await db.query<TokenRow>({
    name: 'find-tokens',
    text: `SELECT ${TOKEN_COLUMNS} FROM unnest($1::bytea[]) AS asked (asked_hash), LATERAL (
             SELECT * FROM queue_tokens WHERE token_hash = asked_hash OFFSET 0) AS place`,
    values: [tokenHashes],
  })
  return rows
}

/** The places of many users in one schedule that have not been ended, though their time may be over; in no order. */
export async function findUserTokens(
  db: Queryable,
  scheduleId: number,
  userIds: readonly string[],
): Promise<TokenRow[]> {
  const { rows } = await db.query<TokenRow>({
    name: 'find-user-tokens',
    text: `SELECT ${TOKEN_COLUMNS} FROM unnest($2::text[]) AS asked (asked_id), LATERAL (
             SELECT * FROM queue_tokens WHERE schedule_id = $1 AND user_id = asked_id AND status IN ('WAITING', 'ACTIVE') OFFSET 0) AS place`,
    values: [scheduleId, userIds],
  })
  return rows
}

/** A user's place that has not been ended, though its time may be over. */
export async function findUserToken(
  db: Queryable,
  scheduleId: number,
  userId: string,
): Promise<TokenRow | undefined> {
  const [row] = await findUserTokens(db, scheduleId, [userId])
  return row
}

/**
 * Deletes places that ended long ago, a bounded number a call, and returns their number. A mirror that has not heard of their
 * end is built anew, for it could not hear of it any more.
 */
export async function deleteEndedTokens(db: Queryable, keepDays: number, limit: number): Promise<number> {
  const { rows } = await db.query<{ deleted: number }>({
    name: 'delete-ended-tokens',
    text: `
      WITH deleted AS (
        DELETE FROM queue_tokens WHERE ctid = ANY (ARRAY(
          SELECT ctid FROM queue_tokens WHERE ended_at < now() - make_interval(days => $1) LIMIT $2))
        RETURNING schedule_id, version
      ), newest AS (SELECT schedule_id, max(version) AS version FROM deleted GROUP BY schedule_id ORDER BY schedule_id),
      noted AS (
        UPDATE rooms r SET mirror_version_min = greatest(mirror_version_min, newest.version)
        FROM newest WHERE r.schedule_id = newest.schedule_id
      )
      SELECT count(*) AS deleted FROM deleted`,
    values: [keepDays, limit],
  })
  return rows[0]?.deleted ?? 0
}
