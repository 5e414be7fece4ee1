import { inTransaction } from '@frontrow/postgres/transaction'
import type { CatalogContext } from './context.ts'
import { readConcerts, searchConcerts } from './sql/concerts.ts'
import type { Concert } from './sql/concerts.ts'

/** A page of concerts, newest first; `nextConcertId` is the cursor of the next page. */
export async function listConcerts(
  ctx: Pick<CatalogContext, 'pool'>,
  page: { query: string | undefined; beforeConcertId: number | undefined; limit: number },
): Promise<{ concerts: Concert[]; nextConcertId: number | null }> {
  const { query } = page
  const wanted = { before: page.beforeConcertId ?? Number.MAX_SAFE_INTEGER, limit: page.limit + 1 }
  const found =
    query === undefined
      ? await readConcerts(ctx.pool, wanted)
      : await inTransaction(ctx.pool, (tx) => searchConcerts(tx, query, wanted))
  const concerts = found.slice(0, page.limit)
  const more = found.length > page.limit
  return { concerts, nextConcertId: more ? (concerts.at(-1)?.concertId ?? null) : null }
}
