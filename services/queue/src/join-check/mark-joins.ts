import type { Queryable } from '@frontrow/postgres/pool'
import { together } from '@frontrow/postgres/transaction'
import type { JoinMarks } from './check-joiner.ts'

/** Why a join that passed its check gets no place all the same. */
export type MarkRefusal = 'CLAIM_TAKEN' | 'ANSWER_SPENT'

type MarkedJoin = JoinMarks & { userId: string }

/**
 * Finds among the joins of one room, by their index, those that get no place: their challenge has brought somebody a place, or another
 * account has the place of their claim. The first of a batch counts before the others. The room has to be locked until `keepMarks`, so that
 * no other batch comes between.
 */
export async function refusedByMarks(
  tx: Queryable,
  scheduleId: number,
  joins: readonly MarkedJoin[],
): Promise<ReadonlyMap<number, MarkRefusal>> {
  const [spent, holders] = await together([spentAmong(tx, joins), holdersAmong(tx, scheduleId, joins)])
  const refused = new Map<number, MarkRefusal>()
  for (const [index, { spends, claimHash, userId }] of joins.entries()) {
    const seal = spends?.seal.toString('hex')
    const claim = claimHash?.toString('hex')
    const holder = claim === undefined ? undefined : holders.get(claim)
    if (seal !== undefined && spent.has(seal)) refused.set(index, 'ANSWER_SPENT')
    else if (holder !== undefined && holder !== userId) refused.set(index, 'CLAIM_TAKEN')
    else {
      if (seal !== undefined) spent.add(seal)
      if (claim !== undefined) holders.set(claim, userId)
    }
  }
  return refused
}

async function spentAmong(db: Queryable, joins: readonly JoinMarks[]): Promise<Set<string>> {
  const seals = joins.flatMap(({ spends }) => (spends === undefined ? [] : [spends.seal]))
  if (seals.length === 0) return new Set()
  const { rows } = await db.query<{ spent: string }>({
    name: 'spent-challenges',
    text: `SELECT encode(seal, 'hex') AS spent FROM unnest($1::bytea[]) AS asked (asked_seal), LATERAL (
             SELECT seal FROM spent_challenges WHERE seal = asked_seal OFFSET 0) found`,
    values: [seals],
  })
  return new Set(rows.map(({ spent }) => spent))
}

async function holdersAmong(
  db: Queryable,
  scheduleId: number,
  joins: readonly JoinMarks[],
): Promise<Map<string, string>> {
  const claims = joins.flatMap(({ claimHash }) => (claimHash === undefined ? [] : [claimHash]))
  if (claims.length === 0) return new Map()
  const { rows } = await db.query<{ claim: string; holder: string }>({
    name: 'claim-holders',
    text: `SELECT encode(claim_hash, 'hex') AS claim, user_id AS holder
           FROM unnest($2::bytea[]) AS asked (asked_hash), LATERAL (
             SELECT claim_hash, user_id FROM claim_holders
             WHERE schedule_id = $1 AND claim_hash = asked_hash OFFSET 0) found`,
    values: [scheduleId, claims],
  })
  return new Map(rows.map(({ claim, holder }) => [claim, holder]))
}

/** Writes what joins have used up that `refusedByMarks` did not name and that were not told that the room is full. */
export async function keepMarks(
  tx: Queryable,
  scheduleId: number,
  joins: readonly MarkedJoin[],
): Promise<void> {
  const spent = joins.flatMap(({ spends }) => (spends === undefined ? [] : [spends]))
  const claims = joins.flatMap(({ claimHash, userId }) =>
    claimHash === undefined ? [] : [{ claimHash, userId }],
  )
  const written: Promise<unknown>[] = []
  if (spent.length > 0) {
    written.push(
      tx.query({
        name: 'spend-challenges',
        text: `
          INSERT INTO spent_challenges (seal, expires_at)
          SELECT seal, to_timestamp(ends / 1000.0) FROM unnest($1::bytea[], $2::bigint[]) AS spending (seal, ends)`,
        values: [spent.map(({ seal }) => seal), spent.map(({ expiresAtMs }) => expiresAtMs)],
      }),
    )
  }
  if (claims.length > 0) {
    written.push(
      tx.query({
        name: 'hold-claims',
        text: `
          INSERT INTO claim_holders (schedule_id, claim_hash, user_id)
          SELECT DISTINCT $1::bigint, claim_hash, user_id FROM unnest($2::bytea[], $3::text[]) AS claiming (claim_hash, user_id)
          ON CONFLICT (schedule_id, claim_hash) DO UPDATE SET joined_at = now()`,
        values: [scheduleId, claims.map(({ claimHash }) => claimHash), claims.map(({ userId }) => userId)],
      }),
    )
  }
  await together(written)
}

/**
 * Deletes challenges that have ended, and claims of accounts that have not joined for `keepDays` and have no live place in that room; a bounded
 * number a call. Returns how many went.
 */
export async function tidyMarks(db: Queryable, keepDays: number, limit: number): Promise<number> {
  const { rows } = await db.query<{ deleted: number }>({
    name: 'tidy-marks',
    text: `
      WITH ended AS (
        DELETE FROM spent_challenges WHERE ctid = ANY (ARRAY(
          SELECT ctid FROM spent_challenges WHERE expires_at < now() - interval '1 minute' LIMIT $2)) RETURNING 1
      ), freed AS (
        DELETE FROM claim_holders WHERE ctid = ANY (ARRAY(
          SELECT ctid FROM claim_holders AS held WHERE joined_at < now() - make_interval(days => $1) AND NOT EXISTS (
            SELECT FROM queue_tokens place WHERE place.schedule_id = held.schedule_id AND place.user_id = held.user_id
              AND status IN ('WAITING', 'ACTIVE')
            -- Keeps the planner from joining the claims with all places; each is looked up by its key.
            OFFSET 0) LIMIT $2)) RETURNING 1
      )
      SELECT greatest((SELECT count(*) FROM ended), (SELECT count(*) FROM freed)) AS deleted`,
    values: [keepDays, limit],
  })
  return rows[0]?.deleted ?? 0
}
