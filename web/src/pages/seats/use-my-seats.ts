import { useInfiniteQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { reservationsQuery } from '../../queries.ts'
import { useInstallation } from '../../use-installation.ts'

/** The seats of a schedule that the person has already, and how many more are allowed; 0 of these until the limit is known. */
export function useMySeats(scheduleId: number): { mine: ReadonlySet<number>; limit: number } {
  const { data } = useInfiniteQuery(reservationsQuery())
  const seatsMax = useInstallation()?.seatsPerUserMax ?? 0
  const mine = useMemo(() => {
    const items = data?.pages.flatMap((page) => page.items) ?? []
    const own = items.filter(
      (one) => one.scheduleId === scheduleId && (one.status === 'HOLD' || one.status === 'CONFIRMED'),
    )
    return new Set(own.flatMap(({ seats }) => seats.map(({ seatId }) => seatId)))
  }, [data, scheduleId])
  return { mine, limit: Math.max(0, seatsMax - mine.size) }
}
