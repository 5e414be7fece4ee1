import type { Queryable } from '@frontrow/postgres/pool'

/** How often holds of a schedule were refused with a code. */
export interface RefusalCount {
  scheduleId: number
  code: string
  refused: number
}

/** Adds to the stored counts, in the order of their keys, so that instances wait for each other instead of running into a deadlock. */
export async function addRefusals(db: Queryable, counts: readonly RefusalCount[]): Promise<void> {
  await db.query({
    name: 'refused-holds-add',
    text: `INSERT INTO refused_holds AS stored (schedule_id, code, refused)
           SELECT * FROM unnest($1::bigint[], $2::text[], $3::bigint[]) AS added (schedule_id, code, refused) ORDER BY schedule_id, code
           ON CONFLICT (schedule_id, code) DO UPDATE SET refused = stored.refused + excluded.refused`,
    values: [
      counts.map(({ scheduleId }) => scheduleId),
      counts.map(({ code }) => code),
      counts.map(({ refused }) => refused),
    ],
  })
}

/** How a schedule sells. */
export interface Sales {
  heldSeats: number
  soldSeats: number
  holds: number
  confirmed: number
  cancelled: number
  expired: number
  /** By code; one without a refusal is left out. */
  refused: Record<string, number>
  countedAt: Date
}

/** Counts what has become of a schedule's reservations. A hold whose time is over has expired, whether or not the sweeper has been there. */
export async function countSales(db: Queryable, scheduleId: number): Promise<Sales> {
  // It has no name, so that it is planned each time: a plan of an empty table would read all reservations later. Each of the two lists has an
  // index of its own.
  const { rows } = await db.query<Sales>({
    text: `WITH clock AS MATERIALIZED (SELECT clock_timestamp() AS at),
           live AS (
             SELECT count(*) FILTER (WHERE status = 'CONFIRMED') AS confirmed, count(*) FILTER (WHERE status = 'HOLD' AND expires_at > at) AS holds,
               count(*) FILTER (WHERE status = 'HOLD' AND expires_at <= at) AS lapsed,
               coalesce(sum(cardinality(seat_ids)) FILTER (WHERE status = 'CONFIRMED'), 0) AS sold_seats,
               coalesce(sum(cardinality(seat_ids)) FILTER (WHERE status = 'HOLD' AND expires_at > at), 0) AS held_seats
             FROM reservations, clock WHERE schedule_id = $1 AND status IN ('HOLD', 'CONFIRMED')
           ), ended AS (
             SELECT count(*) FILTER (WHERE status = 'CANCELLED') AS cancelled, count(*) FILTER (WHERE status = 'EXPIRED') AS expired
             FROM reservations WHERE schedule_id = $1 AND status IN ('CANCELLED', 'EXPIRED')
           )
           SELECT held_seats AS "heldSeats", sold_seats AS "soldSeats", holds, confirmed, cancelled, expired + lapsed AS expired,
             (SELECT coalesce(json_object_agg(code, refused ORDER BY code), '{}') FROM refused_holds WHERE schedule_id = $1) AS refused,
             at AS "countedAt"
           FROM clock, live, ended`,
    values: [scheduleId],
  })
  const [row] = rows
  if (row === undefined) throw new Error('a count returned no row')
  return row
}
