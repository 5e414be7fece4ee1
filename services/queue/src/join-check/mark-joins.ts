import type { Queryable } from '@frontrow/postgres/pool'
import type { JoinMarks } from './check-joiner.ts'

/** Why a join that passed its check gets no place all the same. */
export type MarkRefusal = 'CLAIM_TAKEN' | 'ANSWER_SPENT'

/**
 * Writes what the joins of one room use up, and returns by their index those that get no place: another account has the place of their
 * claim, or their challenge has brought somebody a place. The room has to be locked, so that no other batch is between these statements and the places.
 */
export async function markJoins(
  tx: Queryable,
  scheduleId: number,
  joins: readonly (JoinMarks & { userId: string })[],
): Promise<ReadonlyMap<number, MarkRefusal>> {
  const refused = new Map<number, MarkRefusal>()
  for (const index of await losersOfClaims(tx, scheduleId, joins)) refused.set(index, 'CLAIM_TAKEN')
  const spending = joins.flatMap(({ spends }, index) =>
    spends === undefined || refused.has(index) ? [] : [{ index, ...spends }],
  )
  for (const index of await losersOfChallenges(tx, spending)) refused.set(index, 'ANSWER_SPENT')
  return refused
}

async function losersOfClaims(
  db: Queryable,
  scheduleId: number,
  joins: readonly (JoinMarks & { userId: string })[],
): Promise<number[]> {
  const claiming = joins.flatMap(({ claimHash, userId }, index) =>
    claimHash === undefined ? [] : [{ claimHash, userId, index }],
  )
  if (claiming.length === 0) return []
  const first = new Map(claiming.toReversed().map((join) => [join.claimHash.toString('hex'), join]))
  const claims = [...first.values()]
  const { rows } = await db.query<{ claim: string; holder: string }>({
    name: 'hold-claims',
    text: `
      INSERT INTO claim_holders AS held (schedule_id, claim_hash, user_id)
      SELECT $1, claim_hash, user_id FROM unnest($2::bytea[], $3::text[]) AS claiming (claim_hash, user_id)
      -- Who has it stays; the row is written so that it is returned.
      ON CONFLICT (schedule_id, claim_hash) DO UPDATE SET
        joined_at = CASE WHEN held.user_id = excluded.user_id THEN now() ELSE held.joined_at END
      RETURNING encode(claim_hash, 'hex') AS claim, user_id AS holder`,
    values: [scheduleId, claims.map(({ claimHash }) => claimHash), claims.map(({ userId }) => userId)],
  })
  const holders = new Map(rows.map(({ claim, holder }) => [claim, holder]))
  return claiming
    .filter(({ claimHash, userId }) => holders.get(claimHash.toString('hex')) !== userId)
    .map(({ index }) => index)
}

async function losersOfChallenges(
  db: Queryable,
  spending: readonly { index: number; seal: Buffer; expiresAtMs: number }[],
): Promise<number[]> {
  if (spending.length === 0) return []
  const first = new Map(spending.toReversed().map((spent) => [spent.seal.toString('hex'), spent]))
  const challenges = [...first.values()]
  const { rows } = await db.query<{ seal: string }>({
    name: 'spend-challenges',
    text: `
      INSERT INTO spent_challenges (seal, expires_at)
      SELECT seal, to_timestamp(ends / 1000.0) FROM unnest($1::bytea[], $2::bigint[]) AS spending (seal, ends)
      ON CONFLICT DO NOTHING RETURNING encode(seal, 'hex') AS seal`,
    values: [challenges.map(({ seal }) => seal), challenges.map(({ expiresAtMs }) => expiresAtMs)],
  })
  const winners = new Set(rows.map(({ seal }) => first.get(seal)?.index))
  return spending.filter(({ index }) => !winners.has(index)).map(({ index }) => index)
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
              AND status IN ('WAITING', 'ACTIVE')) LIMIT $2)) RETURNING 1
      )
      SELECT greatest((SELECT count(*) FROM ended), (SELECT count(*) FROM freed)) AS deleted`,
    values: [keepDays, limit],
  })
  return rows[0]?.deleted ?? 0
}
