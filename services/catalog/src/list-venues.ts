import type { CatalogContext } from './context.ts'
import { readVenues } from './sql/venues.ts'
import type { Venue } from './sql/venues.ts'

/** A page of venues, newest first; `nextVenueId` is the cursor of the next page. */
export async function listVenues(
  ctx: Pick<CatalogContext, 'pool'>,
  page: { beforeVenueId: number | undefined; limit: number },
): Promise<{ venues: Venue[]; nextVenueId: number | null }> {
  const before = page.beforeVenueId ?? Number.MAX_SAFE_INTEGER
  const found = await readVenues(ctx.pool, { before, limit: page.limit + 1 })
  const venues = found.slice(0, page.limit)
  return { venues, nextVenueId: found.length > page.limit ? (venues.at(-1)?.venueId ?? null) : null }
}
