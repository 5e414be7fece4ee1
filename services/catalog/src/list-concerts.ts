import { inReadTransaction } from '@frontrow/postgres/transaction'
import type { CatalogContext } from './context.ts'
import { readConcerts, searchConcerts } from './sql/concerts.ts'
import type { Concert, ConcertSearch } from './sql/concerts.ts'

/** A page of the concerts that are looked for, newest first; `nextConcertId` is the cursor of the next page. */
export async function listConcerts(
  ctx: Pick<CatalogContext, 'pool'>,
  page: ConcertSearch & { beforeConcertId: number | undefined; limit: number },
): Promise<{ concerts: Concert[]; nextConcertId: number | null }> {
  const { query, title, artist } = page
  const wanted = { before: page.beforeConcertId ?? Number.MAX_SAFE_INTEGER, limit: page.limit + 1 }
  const found =
    query === undefined && title === undefined && artist === undefined
      ? await readConcerts(ctx.pool, wanted)
      : await inReadTransaction(ctx.pool, (tx) => searchConcerts(tx, { query, title, artist }, wanted))
  const concerts = found.slice(0, page.limit)
  const more = found.length > page.limit
  return { concerts, nextConcertId: more ? (concerts.at(-1)?.concertId ?? null) : null }
}
