import type { InvariantCheck } from '@frontrow/messaging/audit'
import type { Queryable } from '@frontrow/postgres/pool'

const SHOWN_MAX = 10
// So many of those who were let in behind a higher sequence are compared with all before them.
const SUSPECTS_MAX = 1_000

/**
 * Checks invariant 5 over all logged admissions; a million of them take some seconds. A place was passed over where a higher
 * sequence was let in before it, although its holder had joined by then.
 */
export async function checkAdmissions(db: Queryable): Promise<InvariantCheck> {
  const { rows } = await db.query<Pick<InvariantCheck, 'checked' | 'violationCount' | 'violations'>>({
    name: 'check-admissions',
    text: `
      WITH admission AS (
        SELECT *, max(sequence) OVER (PARTITION BY schedule_id ORDER BY number) AS highest FROM room_log WHERE kind = 'ADMITTED'
      ), violation AS (
        SELECT schedule_id, number, format('schedule %s: sequence %s was admitted as number %s of %s', schedule_id, sequence, active,
          max_active) AS what
        FROM admission WHERE active > max_active
        UNION ALL
        SELECT late.schedule_id, late.number, format('schedule %s: sequence %s was passed over by sequence %s', late.schedule_id,
          late.sequence, first.sequence)
        FROM (SELECT * FROM admission WHERE sequence < highest LIMIT $2) AS late, LATERAL (
          SELECT sequence FROM room_log WHERE kind = 'ADMITTED' AND schedule_id = late.schedule_id AND number < late.number
            AND sequence > late.sequence AND admitted_at > late.entered_at AND admitted_at < late.admitted_at
          ORDER BY number LIMIT 1) AS first
      )
      SELECT (SELECT count(*) FROM admission) AS checked, count(*) AS "violationCount",
        coalesce((array_agg(what ORDER BY schedule_id, number))[1:$1], '{}') AS violations
      FROM violation`,
    values: [SHOWN_MAX, SUSPECTS_MAX],
  })
  const [found] = rows
  if (found === undefined) throw new Error('an aggregate returned no row')
  const name = 'never more than maxActive ACTIVE; people are admitted in the order of their places'
  return { number: 5, name, ...found }
}
