import type { Queryable, Tx } from '@frontrow/postgres/pool'

/** What an admin tells of a venue. */
export interface NewVenue {
  name: string
  address: string | null
  city: string | null
  /** Name in the IANA time zone database, as `findTimeZone` spells it. */
  timeZone: string
}

/** Where performances take place. */
export interface Venue extends NewVenue {
  venueId: number
  createdAt: Date
  /** Counts its changes. */
  version: number
}

interface VenueRow {
  venue_id: number
  name: string
  address: string | null
  city: string | null
  time_zone: string
  created_at: Date
  version: number
}

const COLUMNS = 'venue_id, name, address, city, time_zone, created_at, version'

function toVenue(row: VenueRow): Venue {
  return {
    venueId: row.venue_id,
    name: row.name,
    address: row.address,
    city: row.city,
    timeZone: row.time_zone,
    createdAt: row.created_at,
    version: row.version,
  }
}

/**
 * A time zone as PostgreSQL spells it, asked for in any case; undefined where it does not know the name. It reads the names of all
 * zones, which takes 30 ms the first time and is for admins only.
 */
export async function findTimeZone(db: Queryable, name: string): Promise<string | undefined> {
  const { rows } = await db.query<{ name: string }>({
    name: 'time-zone-find',
    text: 'SELECT name FROM pg_timezone_names WHERE lower(name) = lower($1)',
    values: [name],
  })
  return rows[0]?.name
}

/** Writes a venue. */
export async function insertVenue(db: Queryable, venue: NewVenue): Promise<Venue> {
  const { rows } = await db.query<VenueRow>({
    name: 'venue-insert',
    text: `INSERT INTO venues (name, address, city, time_zone) VALUES ($1, $2, $3, $4) RETURNING ${COLUMNS}`,
    values: [venue.name, venue.address, venue.city, venue.timeZone],
  })
  const row = rows[0]
  if (row === undefined) throw new Error('a venue was inserted without a row')
  return toVenue(row)
}

/** Reads and locks a venue, so that nobody else changes it until the transaction ends. */
export async function lockVenue(tx: Tx, venueId: number): Promise<Venue | undefined> {
  const { rows } = await tx.query<VenueRow>({
    name: 'venue-lock',
    text: `SELECT ${COLUMNS} FROM venues WHERE venue_id = $1 FOR NO KEY UPDATE`,
    values: [venueId],
  })
  return rows[0] === undefined ? undefined : toVenue(rows[0])
}

/** One venue. */
export async function readVenue(db: Queryable, venueId: number): Promise<Venue | undefined> {
  const { rows } = await db.query<VenueRow>({
    name: 'venue-read',
    text: `SELECT ${COLUMNS} FROM venues WHERE venue_id = $1`,
    values: [venueId],
  })
  return rows[0] === undefined ? undefined : toVenue(rows[0])
}

/** Writes what may change of a venue, and its version; lock it first. */
export async function updateVenue(tx: Tx, venue: Venue): Promise<void> {
  await tx.query({
    name: 'venue-update',
    text: `UPDATE venues SET name = $2, address = $3, city = $4, time_zone = $5, version = $6
           WHERE venue_id = $1`,
    values: [venue.venueId, venue.name, venue.address, venue.city, venue.timeZone, venue.version],
  })
}

/** Venues with ids below `before`, newest first. */
export async function readVenues(
  db: Queryable,
  { before, limit }: { before: number; limit: number },
): Promise<Venue[]> {
  const { rows } = await db.query<VenueRow>({
    name: 'venue-list',
    text: `SELECT ${COLUMNS} FROM venues WHERE venue_id < $1 ORDER BY venue_id DESC LIMIT $2`,
    values: [before, limit],
  })
  return rows.map(toVenue)
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
