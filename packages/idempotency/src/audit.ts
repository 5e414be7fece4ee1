import type { InvariantCheck } from '@frontrow/messaging/audit'
import type { Queryable } from '@frontrow/postgres/pool'

const SHOWN_MAX = 10

/** Invariant 6, of which each service that takes keys checks a part. */
export const keysInvariant = {
  number: 6,
  name: 'the same idempotency key gives the same answer and one effect',
}

/** Checks invariant 6 as far as the keys alone can show it: no resource was made under two keys. */
export async function checkKeys(db: Queryable, service: string): Promise<InvariantCheck> {
  const { rows: counts } = await db.query<{ checked: number }>(
    'SELECT count(*) AS checked FROM idempotency_keys',
  )
  const { rows } = await db.query<{ resource_id: string; keys: number; total: number }>(
    `SELECT resource_id, count(*) AS keys, count(*) OVER () AS total FROM idempotency_keys
     WHERE resource_id IS NOT NULL GROUP BY resource_id HAVING count(*) > 1 LIMIT $1`,
    [SHOWN_MAX],
  )
  return {
    ...keysInvariant,
    checked: counts[0]?.checked ?? 0,
    violationCount: rows[0]?.total ?? 0,
    violations: rows.map(
      (row) => `${service}: ${row.resource_id} was made under ${row.keys} idempotency keys`,
    ),
  }
}
