import { inTransaction } from '@frontrow/postgres/transaction'
import { refuse } from '@frontrow/proto/refusals'
import { TIME_ZONE_RULE } from '@frontrow/values/time'
import type { CatalogContext } from './context.ts'
import { findTimeZone, insertVenue, lockVenue, updateVenue } from './sql/venues.ts'
import type { NewVenue, Venue } from './sql/venues.ts'

type VenueContext = Pick<CatalogContext, 'pool' | 'events'>

/** Makes a venue. Refuses with INVALID_REQUEST where PostgreSQL does not know the time zone. */
export async function createVenue(ctx: VenueContext, wanted: NewVenue): Promise<Venue> {
  const timeZone = await knownTimeZone(ctx, wanted.timeZone)
  const venue = await insertVenue(ctx.pool, { ...wanted, timeZone })
  ctx.events.venueCreated(venue.venueId)
  return venue
}

/**
 * Changes what is named of a venue. Its performances stay at the moments they were made for; with another time zone they show
 * other dates and times, everywhere within a second. Refuses with VENUE_NOT_FOUND, or as `createVenue` does.
 */
export async function changeVenue(
  ctx: VenueContext,
  venueId: number,
  wanted: Partial<NewVenue>,
): Promise<Venue> {
  const change =
    wanted.timeZone === undefined
      ? wanted
      : { ...wanted, timeZone: await knownTimeZone(ctx, wanted.timeZone) }
  const venue = await inTransaction(ctx.pool, async (tx) => {
    const before = await lockVenue(tx, venueId)
    if (before === undefined) throw refuse('VENUE_NOT_FOUND', `there is no venue ${venueId}`)
    const after = { ...before, ...change }
    await updateVenue(tx, after)
    return after
  })
  ctx.events.venueChanged(venue.venueId, change)
  return venue
}

// PostgreSQL computes the dates, so it must know each zone that a venue has. The schema of the request has asked Node already, since
// browsers are told the name, too.
async function knownTimeZone({ pool }: Pick<CatalogContext, 'pool'>, name: string): Promise<string> {
  const known = await findTimeZone(pool, name)
  if (known !== undefined) return known
  const problem = { in: 'body', field: 'timeZone', rule: TIME_ZONE_RULE }
  throw refuse('INVALID_REQUEST', `timeZone: ${TIME_ZONE_RULE}`, { details: [problem] })
}
