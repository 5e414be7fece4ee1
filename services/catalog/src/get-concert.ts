import { refuse } from '@frontrow/proto/refusals'
import type { CatalogContext } from './context.ts'
import { readConcert } from './sql/concerts.ts'
import type { Concert } from './sql/concerts.ts'

/** One concert. Refuses with CONCERT_NOT_FOUND. */
export async function getConcert(ctx: Pick<CatalogContext, 'pool'>, concertId: number): Promise<Concert> {
  const concert = await readConcert(ctx.pool, concertId)
  if (concert === undefined) throw refuse('CONCERT_NOT_FOUND', `there is no concert ${concertId}`)
  return concert
}
