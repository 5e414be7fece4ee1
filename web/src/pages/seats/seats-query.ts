import type { DataOf } from '@frontrow/client/routes'
import { queryOptions } from '@tanstack/react-query'
import { api, dataOf } from '../../api.ts'

const SEATS = '/api/v1/concerts/{concertId}/schedules/{scheduleId}/seats'

/** A seat map as the API lists it. */
export type SeatMap = DataOf<'get', typeof SEATS>
/** One seat of it. */
export type Seat = SeatMap['seats'][number]

/** All seats of a performance. Their states are kept up to date by `useSeatChanges`. */
export function seatsQuery(concertId: number, scheduleId: number) {
  return queryOptions({
    queryKey: ['seats', concertId, scheduleId],
    staleTime: 0,
    queryFn: async ({ signal }): Promise<SeatMap> => {
      const data = dataOf(await api.GET(SEATS, { params: { path: { concertId, scheduleId } }, signal }))
      if (data === undefined)
        throw new Error('a seat map that nobody asked about conditionally came without seats')
      return data
    },
  })
}

/** The map with these states in place of what it had; `isAll`: every other seat is AVAILABLE. */
export function withStates(
  map: SeatMap,
  changed: readonly Pick<Seat, 'seatId' | 'status'>[],
  isAll: boolean,
): SeatMap {
  const states = new Map(changed.map(({ seatId, status }) => [seatId, status]))
  const seats = map.seats.map((seat) => {
    const status = states.get(seat.seatId) ?? (isAll ? 'AVAILABLE' : seat.status)
    return status === seat.status ? seat : { ...seat, status }
  })
  return { ...map, seats }
}
