import type { Tx } from '@frontrow/postgres/pool'
import { onCommit } from '@frontrow/postgres/transaction'
import { refuse } from '@frontrow/proto/refusals'
import type { CatalogContext } from './context.ts'
import { requireVersion } from '@frontrow/idempotency/version-tag'
import { insertConcert, lockConcert, updateConcert } from './sql/concerts.ts'
import type { Concert, NewConcert } from './sql/concerts.ts'

type ConcertContext = Pick<CatalogContext, 'events'>

/** Makes a concert. */
export async function createConcert(ctx: ConcertContext, tx: Tx, wanted: NewConcert): Promise<Concert> {
  const concert = await insertConcert(tx, wanted)
  onCommit(tx, () => ctx.events.concertCreated(concert.concertId))
  return concert
}

/**
 * Changes what is named of a concert. Its schedules show a new title within a second. Refuses with CONCERT_NOT_FOUND and
 * PRECONDITION_FAILED.
 */
export async function changeConcert(
  ctx: ConcertContext,
  tx: Tx,
  { concertId, ifMatch, ...change }: { concertId: number; ifMatch: string | undefined } & Partial<NewConcert>,
): Promise<Concert> {
  const before = await lockConcert(tx, concertId)
  if (before === undefined) throw refuse('CONCERT_NOT_FOUND', `there is no concert ${concertId}`)
  requireVersion(ifMatch, before.version)
  const after = { ...before, ...change, version: before.version + 1 }
  await updateConcert(tx, after)
  onCommit(tx, () => ctx.events.concertChanged(concertId, change))
  return after
}
