import { FailureLog } from '@frontrow/failure-log/failure-log'
import type { ListLiveReservationsResponse__Output as LiveReservations } from '@frontrow/proto/gen/frontrow/reservation/v1/ListLiveReservationsResponse'
import type { CatalogContext } from './context.ts'
import { listReserved, noteReservations } from './sql/reserved-seats.ts'
import type { ReservationNews } from './sql/reserved-seats.ts'

/** A page of the reservations of a schedule that are live, in the order of their ids. */
export type ListLive = (page: {
  scheduleId: number
  afterReservationId: string
  limit: number
}) => Promise<LiveReservations>

const SCHEDULES_A_ROUND = 20
const PAGE = 5_000

/**
 * Makes the function that compares the reservations that seats left are counted from with the owner's, for schedules that somebody asks for, and
 * puts right what differs: events may be late, or lost with their topic, and rows of an older version have no seat ids.
 */
export function createComparison(
  ctx: Pick<CatalogContext, 'pool' | 'seatsLeft' | 'events'> & {
    logger: ConstructorParameters<typeof FailureLog>[0]
  },
  listLive: ListLive,
): () => Promise<void> {
  const failures = new FailureLog(ctx.logger, 'seats left could not be compared with the reservation service')
  return async () => {
    for (const scheduleId of ctx.seatsLeft.takeToCompare(SCHEDULES_A_ROUND)) {
      try {
        const news = await differences(ctx, scheduleId, listLive)
        failures.succeeded()
        if (news.length === 0) continue
        await noteReservations(ctx.pool, news)
        ctx.events.seatsLeftCorrected(scheduleId, news.length)
      } catch (error) {
        failures.failed(error, { scheduleId })
      }
    }
  }
}

async function differences(
  ctx: Pick<CatalogContext, 'pool'>,
  scheduleId: number,
  listLive: ListLive,
): Promise<ReservationNews[]> {
  // These are read first: an event was published after its commit, so what is here and not live at the owner afterwards has ended.
  const known = new Map(
    (await listReserved(ctx.pool, scheduleId)).map(({ reservationId, hasSeats }) => [
      reservationId,
      hasSeats,
    ]),
  )
  const news: ReservationNews[] = []
  for (let afterReservationId = ''; ;) {
    const { reservations } = await listLive({ scheduleId, afterReservationId, limit: PAGE })
    for (const { reservationId, seatIds } of reservations) {
      if (known.get(reservationId) !== true)
        news.push({ scheduleId, reservationId, seatIds, became: 'RESERVED' })
      known.delete(reservationId)
    }
    const last = reservations.at(-1)
    if (last === undefined || reservations.length < PAGE) break
    afterReservationId = last.reservationId
  }
  const ended = [...known.keys()]
  return [
    ...news,
    ...ended.map((reservationId) => ({
      scheduleId,
      reservationId,
      seatIds: [],
      became: 'RELEASED' as const,
    })),
  ]
}
