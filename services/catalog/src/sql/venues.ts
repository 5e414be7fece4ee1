import type { Queryable } from '@frontrow/postgres/pool'

/** What an admin tells of a venue. */
export interface NewVenue {
  name: string
  address: string | null
  city: string | null
}

/** Where performances take place. */
export interface Venue extends NewVenue {
  venueId: number
  createdAt: Date
}

/** Writes a venue. */
export async function insertVenue(db: Queryable, venue: NewVenue): Promise<Venue> {
  const { rows } = await db.query<{ venue_id: number; created_at: Date }>({
    name: 'venue-insert',
    text: 'INSERT INTO venues (name, address, city) VALUES ($1, $2, $3) RETURNING venue_id, created_at',
    values: [venue.name, venue.address, venue.city],
  })
  const row = rows[0]
  if (row === undefined) throw new Error('a venue was inserted without a row')
  return { ...venue, venueId: row.venue_id, createdAt: row.created_at }
}

/** Whether the venue exists. */
export async function venueExists(db: Queryable, venueId: number): Promise<boolean> {
  const { rowCount } = await db.query({
    name: 'venue-exists',
    text: 'SELECT 1 FROM venues WHERE venue_id = $1',
    values: [venueId],
  })
  return rowCount === 1
}
