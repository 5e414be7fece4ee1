import type { Queryable, Tx } from '@frontrow/postgres/pool'
import { onCommit } from '@frontrow/postgres/transaction'
import { refuse } from '@frontrow/proto/refusals'
import { TIME_ZONE_RULE } from '@frontrow/values/time'
import type { CatalogContext } from './context.ts'
import { requireVersion } from '@frontrow/idempotency/version-tag'
import { findTimeZone, insertVenue, lockVenue, readVenue, updateVenue } from './sql/venues.ts'
import type { NewVenue, Venue } from './sql/venues.ts'

type VenueContext = Pick<CatalogContext, 'events'>

/** One venue. Refuses with VENUE_NOT_FOUND. */
export async function getVenue(ctx: Pick<CatalogContext, 'pool'>, venueId: number): Promise<Venue> {
  return found(venueId, await readVenue(ctx.pool, venueId))
}

/** Makes a venue. Refuses with INVALID_REQUEST where PostgreSQL does not know the time zone. */
export async function createVenue(ctx: VenueContext, tx: Tx, wanted: NewVenue): Promise<Venue> {
  const timeZone = await knownTimeZone(tx, wanted.timeZone)
  const venue = await insertVenue(tx, { ...wanted, timeZone })
  onCommit(tx, () => ctx.events.venueCreated(venue.venueId))
  return venue
}

/**
 * Changes what is named of a venue. Its performances stay at the moments they were made for; with another time zone they show
 * other dates and times, everywhere within a second. Refuses with VENUE_NOT_FOUND, PRECONDITION_FAILED, or as `createVenue` does.
 */
export async function changeVenue(
  ctx: VenueContext,
  tx: Tx,
  { venueId, ifMatch, ...wanted }: { venueId: number; ifMatch: string | undefined } & Partial<NewVenue>,
): Promise<Venue> {
  const before = found(venueId, await lockVenue(tx, venueId))
  requireVersion(ifMatch, before.version)
  const change =
    wanted.timeZone === undefined ? wanted : { ...wanted, timeZone: await knownTimeZone(tx, wanted.timeZone) }
  const after = { ...before, ...change, version: before.version + 1 }
  await updateVenue(tx, after)
  onCommit(tx, () => ctx.events.venueChanged(venueId, change))
  return after
}

function found(venueId: number, venue: Venue | undefined): Venue {
  if (venue === undefined) throw refuse('VENUE_NOT_FOUND', `there is no venue ${venueId}`)
  return venue
}

// PostgreSQL computes the dates, so it must know each zone that a venue has. The schema of the request has asked Node already, since
// browsers are told the name, too.
async function knownTimeZone(db: Queryable, name: string): Promise<string> {
  const known = await findTimeZone(db, name)
  if (known !== undefined) return known
  const problem = { in: 'body', field: 'timeZone', rule: TIME_ZONE_RULE }
  throw refuse('INVALID_REQUEST', `timeZone: ${TIME_ZONE_RULE}`, { details: [problem] })
}
