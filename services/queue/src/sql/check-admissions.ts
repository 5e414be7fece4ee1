import type { InvariantCheck } from '@frontrow/messaging/audit'
import type { Queryable } from '@frontrow/postgres/pool'

const SHOWN_MAX = 10

/**
 * Invariant 5 from what was noted of every admission. Passed over: a lower sequence that stood in the room already was
 * admitted after a higher one. Only admissions that are out of order at all (people who joined at the same moment through
 * different instances) are looked at twice, so that a million rows take seconds.
 */
export async function checkAdmissions(db: Queryable): Promise<InvariantCheck> {
  const { rows } = await db.query<{ checked: number; broken: number; violations: string[] }>(
    `
    WITH every AS (
      SELECT schedule_id, sequence, entered_at, admitted_at, active, max_active FROM admissions
      UNION ALL
      SELECT schedule_id, sequence, entered_at, admitted_at, active, max_active FROM unlogged_admissions
    ), ordered AS (
      SELECT *, max(sequence) OVER (PARTITION BY schedule_id ORDER BY admitted_at, sequence
                                    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS highest_before
      FROM every
    ), found AS (
      SELECT format('schedule %s: sequence %s was admitted as number %s of %s', schedule_id, sequence, active, max_active)
        AS violation
      FROM every WHERE active > max_active
      UNION ALL
      SELECT format('schedule %s: sequence %s was passed over by sequence %s', p.schedule_id, p.sequence, q.sequence)
      FROM ordered p CROSS JOIN LATERAL (
        SELECT q.sequence FROM every q
        WHERE q.schedule_id = p.schedule_id AND q.sequence > p.sequence
          AND q.admitted_at > p.entered_at AND q.admitted_at < p.admitted_at LIMIT 1) q
      WHERE p.highest_before > p.sequence
    )
    SELECT (SELECT count(*) FROM every) AS checked, (SELECT count(*) FROM found) AS broken,
           ARRAY(SELECT violation FROM found LIMIT $1) AS violations`,
    [SHOWN_MAX],
  )
  const found = rows[0]
  if (found === undefined) throw new Error('an aggregate returned no row')
  return {
    number: 5,
    name: 'never more than maxActive ACTIVE; people are admitted in the order of their places',
    checked: found.checked,
    violationCount: found.broken,
    violations: found.violations,
  }
}
