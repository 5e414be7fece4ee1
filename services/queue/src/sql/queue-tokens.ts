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
  /** null until it was ACTIVE. */
  activeUntil: Date | null
}

const COLUMNS = `schedule_id AS "scheduleId", sequence, user_id AS "userId", token_hash AS "tokenHash", status,
  active_until AS "activeUntil"`

/** Whether a place is neither used, left nor expired, as far as PostgreSQL knows. */
export function isLive(row: TokenRow, nowMs: number): boolean {
  if (row.status === 'ACTIVE') return (row.activeUntil?.getTime() ?? 0) > nowMs
  return row.status === 'WAITING'
}

/**
 * Gives places to many people at once, in the order of the list, and returns those who got one: who has a live place
 * already gets none. The lock of the room's row makes batches of all instances follow each other, so who joins after
 * somebody was answered stands behind them. The first batch after the opening closes the list of those who came early: their
 * draw will fill as many sequences again, and this batch stands behind those (docs/fairness.md).
 */
export async function insertTokens(
  db: Queryable,
  scheduleId: number,
  joins: { userIds: string[]; tokenHashes: Buffer[] },
  room: { opensAtMs: number; maxActive: number | null; admitPerSecond: number },
): Promise<{ sequence: number; tokenHash: Buffer; nobodyEarly: boolean }[]> {
  const { rows } = await db.query<{ sequence: number; tokenHash: Buffer; nobodyEarly: boolean }>({
    name: 'insert-tokens',
    text: `
      WITH room AS (
        INSERT INTO rooms AS r
          (schedule_id, max_active, admit_per_second, last_sequence, early_entries, closed_at, drawn_at)
        SELECT $1, $2::int, $3::int, $4::bigint, CASE WHEN opened THEN 0 END, CASE WHEN opened THEN now() END,
               CASE WHEN opened THEN now() END
        FROM (SELECT now() >= to_timestamp($7 / 1000.0) AS opened) AS clock
        ON CONFLICT (schedule_id) DO UPDATE SET
          last_sequence = excluded.last_sequence + r.last_sequence
            * CASE WHEN r.early_entries IS NULL AND excluded.early_entries = 0 THEN 2 ELSE 1 END,
          early_entries = coalesce(r.early_entries, r.last_sequence + excluded.early_entries),
          closed_at = coalesce(r.closed_at, excluded.closed_at),
          drawn_at = coalesce(r.drawn_at,
            CASE WHEN r.early_entries IS NULL AND r.last_sequence = 0 THEN excluded.drawn_at END)
        RETURNING last_sequence - $4::bigint AS before, drawn_at IS NOT NULL AND early_entries = 0 AS nobody_early
      )
      INSERT INTO queue_tokens (schedule_id, sequence, user_id, token_hash)
      SELECT $1, room.before + joining.place, joining.user_id, joining.token_hash
      FROM room, unnest($5::text[], $6::bytea[]) WITH ORDINALITY AS joining (user_id, token_hash, place)
      ORDER BY joining.place
      ON CONFLICT (schedule_id, user_id) WHERE status IN ('WAITING', 'ACTIVE') DO NOTHING
      RETURNING sequence, token_hash AS "tokenHash", (SELECT nobody_early FROM room) AS "nobodyEarly"`,
    values: [
      scheduleId,
      room.maxActive,
      room.admitPerSecond,
      joins.userIds.length,
      joins.userIds,
      joins.tokenHashes,
      room.opensAtMs,
    ],
  })
  return rows
}

/** The place of a token value, live or not. */
export async function findToken(db: Queryable, tokenHash: Buffer): Promise<TokenRow | undefined> {
  const { rows } = await db.query<TokenRow>({
    name: 'find-token',
    text: `SELECT ${COLUMNS} FROM queue_tokens WHERE token_hash = $1`,
    values: [tokenHash],
  })
  return rows[0]
}

/** The places of many token values, live or not, in no order. */
export async function findTokens(db: Queryable, tokenHashes: readonly Buffer[]): Promise<TokenRow[]> {
  const { rows } = await db.query<TokenRow>({
    name: 'find-tokens',
    text: `SELECT ${COLUMNS} FROM queue_tokens WHERE token_hash = ANY ($1::bytea[])`,
    values: [tokenHashes],
  })
  return rows
}

/** The live place of a user. */
export async function findLiveToken(
  db: Queryable,
  scheduleId: number,
  userId: string,
): Promise<TokenRow | undefined> {
  const { rows } = await db.query<TokenRow>({
    name: 'find-live-token',
    text: `SELECT ${COLUMNS} FROM queue_tokens
           WHERE schedule_id = $1 AND user_id = $2 AND status IN ('WAITING', 'ACTIVE')`,
    values: [scheduleId, userId],
  })
  return rows[0]
}

/** Places by schedule and sequence, in no order. */
export async function readTokens(
  db: Queryable,
  places: readonly { scheduleId: number; sequence: number }[],
): Promise<TokenRow[]> {
  const { rows } = await db.query<TokenRow>({
    name: 'read-tokens',
    text: `SELECT ${COLUMNS} FROM queue_tokens
           WHERE (schedule_id, sequence) IN (SELECT * FROM unnest($1::bigint[], $2::bigint[]))`,
    values: [places.map((place) => place.scheduleId), places.map((place) => place.sequence)],
  })
  return rows
}

/** Gives a live place a new token value; the old one is unknown from then on. */
export async function replaceTokenHash(
  db: Queryable,
  scheduleId: number,
  userId: string,
  tokenHash: Buffer,
): Promise<TokenRow | undefined> {
  const { rows } = await db.query<TokenRow>({
    name: 'replace-token-hash',
    text: `UPDATE queue_tokens SET token_hash = $3
           WHERE schedule_id = $1 AND user_id = $2 AND status IN ('WAITING', 'ACTIVE') RETURNING ${COLUMNS}`,
    values: [scheduleId, userId, tokenHash],
  })
  return rows[0]
}

/** Ends a live place by its token value; undefined where it was over already. */
export async function endTokenByHash(
  db: Queryable,
  tokenHash: Buffer,
  status: 'LEFT',
): Promise<TokenRow | undefined> {
  const { rows } = await db.query<TokenRow>({
    name: 'end-token-by-hash',
    text: `UPDATE queue_tokens SET status = $2, ended_at = now()
           WHERE token_hash = $1 AND status IN ('WAITING', 'ACTIVE') RETURNING ${COLUMNS}`,
    values: [tokenHash, status],
  })
  return rows[0]
}

/** Ends one live place. Returns false when it had ended before. */
export async function endPlace(
  db: Queryable,
  { scheduleId, sequence }: { scheduleId: number; sequence: number },
  status: 'USED',
): Promise<boolean> {
  const { rowCount } = await db.query({
    name: 'end-place',
    text: `UPDATE queue_tokens SET status = $3, ended_at = now()
           WHERE schedule_id = $1 AND sequence = $2 AND status IN ('WAITING', 'ACTIVE')`,
    values: [scheduleId, sequence, status],
  })
  return rowCount === 1
}

/** Notes that a place is over; one that was extended meanwhile is not. */
export async function expireToken(db: Queryable, scheduleId: number, sequence: number): Promise<void> {
  await db.query({
    name: 'expire-token',
    text: `UPDATE queue_tokens SET status = 'EXPIRED', ended_at = now()
           WHERE schedule_id = $1 AND sequence = $2 AND status IN ('WAITING', 'ACTIVE')
             AND (active_until IS NULL OR active_until <= clock_timestamp())`,
    values: [scheduleId, sequence],
  })
}

/** Deletes a waiting place that was never told to its user. */
export async function deleteToken(db: Queryable, tokenHash: Buffer): Promise<void> {
  await db.query({
    name: 'delete-token',
    text: `DELETE FROM queue_tokens WHERE token_hash = $1 AND status = 'WAITING'`,
    values: [tokenHash],
  })
}

/**
 * Deletes places that ended long ago, a bounded number a call, and returns their number. The place admitted last stays in each
 * room, since it tells how far the line has come when nobody waits.
 */
export async function deleteEndedTokens(db: Queryable, keepDays: number, limit: number): Promise<number> {
  const { rowCount } = await db.query({
    name: 'delete-ended-tokens',
    text: `
      DELETE FROM queue_tokens WHERE ctid = ANY (ARRAY(
        SELECT t.ctid FROM queue_tokens t
        WHERE t.ended_at < now() - make_interval(days => $1) AND t.sequence IS DISTINCT FROM (
          SELECT last.sequence FROM queue_tokens last
          WHERE last.schedule_id = t.schedule_id AND last.activated_at IS NOT NULL
          ORDER BY last.activated_at DESC, last.sequence DESC LIMIT 1)
        LIMIT $2))`,
    values: [keepDays, limit],
  })
  return rowCount ?? 0
}

/** Moves the deadline of an ACTIVE place out, never nearer, and at most `maxMs` from now. Returns false when it is not ACTIVE. */
export async function extendActivePlace(
  db: Queryable,
  { scheduleId, sequence }: { scheduleId: number; sequence: number },
  untilMs: number,
  maxMs: number,
): Promise<boolean> {
  const { rowCount } = await db.query({
    name: 'extend-active-place',
    text: `UPDATE queue_tokens SET active_until =
             greatest(active_until, least(to_timestamp($3 / 1000.0), now() + make_interval(secs => $4 / 1000.0)))
           WHERE schedule_id = $1 AND sequence = $2 AND status = 'ACTIVE' AND active_until > now()`,
    values: [scheduleId, sequence, untilMs, maxMs],
  })
  return rowCount === 1
}
