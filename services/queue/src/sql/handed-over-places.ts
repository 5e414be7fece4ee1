import type { Queryable } from '@frontrow/postgres/pool'

/** Names one place, or with `sequence` 0 a whole room. */
export interface HandedOverPlace {
  scheduleId: number
  sequence: number
}

/** Stores places for the instances that have Redis, which bring them there. */
export async function handOverPlaces(db: Queryable, places: readonly HandedOverPlace[]): Promise<void> {
  await db.query({
    name: 'hand-over-places',
    text: `INSERT INTO handed_over_places (schedule_id, sequence)
           SELECT * FROM unnest($1::bigint[], $2::bigint[]) ON CONFLICT DO NOTHING`,
    values: [places.map((place) => place.scheduleId), places.map((place) => place.sequence)],
  })
}

/** Takes some of the places that were handed over; those that another instance is taking are left to it. */
export async function takeHandedOverPlaces(tx: Queryable, limit: number): Promise<HandedOverPlace[]> {
  const { rows } = await tx.query<HandedOverPlace>({
    name: 'take-handed-over-places',
    text: `DELETE FROM handed_over_places WHERE ctid = ANY (ARRAY(
             SELECT ctid FROM handed_over_places LIMIT $1 FOR UPDATE SKIP LOCKED))
           RETURNING schedule_id AS "scheduleId", sequence`,
    values: [limit],
  })
  return rows
}
