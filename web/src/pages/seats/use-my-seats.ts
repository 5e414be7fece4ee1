import { useInfiniteQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { reservationsQuery } from '../../queries.ts'
import { SEATS_PER_USER_MAX } from '../../installation.ts'
import { useInstallation } from '../../use-installation.ts'

/**
 * The seats of a schedule that the person has already, how many a person may have in all, and how many more are allowed. While the limit
 * is not known it is the usual one, since the API decides anyway.
 */
export function useMySeats(scheduleId: number): {
  mine: ReadonlySet<number>
  seatsMax: number
  limit: number
} {
  const { data } = useInfiniteQuery(reservationsQuery())
  const seatsMax = useInstallation()?.seatsPerUserMax ?? SEATS_PER_USER_MAX
  const mine = useMemo(() => {
    const items = data?.pages.flatMap((page) => page.items) ?? []
    const own = items.filter(
      (one) => one.scheduleId === scheduleId && (one.status === 'HOLD' || one.status === 'CONFIRMED'),
    )
    return new Set(own.flatMap(({ seats }) => seats.map(({ seatId }) => seatId)))
  }, [data, scheduleId])
  return { mine, seatsMax, limit: Math.max(0, seatsMax - mine.size) }
}
