import type { CatalogContext } from './context.ts'
import { readConcerts } from './sql/concerts.ts'
import type { Concert } from './sql/concerts.ts'

/** A page of concerts, newest first; `nextConcertId` is the cursor of the next page. */
export async function listConcerts(
  ctx: Pick<CatalogContext, 'pool'>,
  page: { query: string | undefined; beforeConcertId: number | undefined; limit: number },
): Promise<{ concerts: Concert[]; nextConcertId: number | null }> {
  const found = await readConcerts(ctx.pool, { ...page, limit: page.limit + 1 })
  const concerts = found.slice(0, page.limit)
  const more = found.length > page.limit
  return { concerts, nextConcertId: more ? (concerts.at(-1)?.concertId ?? null) : null }
}
