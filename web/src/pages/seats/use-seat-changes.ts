import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useEffectEvent } from 'react'
import { api } from '../../api.ts'
import { seatsQuery, withStates } from './seats-query.ts'

/** Keeps the loaded seats as they are now. `onEnd` is called when the place in line has ended, and with it the right to see them. */
export function useSeatChanges(concertId: number, scheduleId: number, onEnd: () => void): void {
  const queries = useQueryClient()
  const end = useEffectEvent(onEnd)
  useEffect(() => {
    const ending = new AbortController()
    const { queryKey } = seatsQuery(concertId, scheduleId)
    const follow = async (): Promise<void> => {
      const events = api.events('/api/v1/concerts/{concertId}/schedules/{scheduleId}/seats/events', {
        params: { path: { concertId, scheduleId } },
        signal: ending.signal,
      })
      let layoutVersion: string | undefined
      for await (const message of events) {
        if (message.event === 'end') {
          if (message.data.reason === 'TOKEN_ENDED') end()
        } else {
          const { seats } = message.data
          const isAll = message.event === 'snapshot'
          queries.setQueryData(queryKey, (map) => (map === undefined ? map : withStates(map, seats, isAll)))
          if (message.event !== 'snapshot') continue
          // Seats were added.
          if (layoutVersion !== undefined && layoutVersion !== message.data.layoutVersion) {
            await queries.invalidateQueries({ queryKey })
          }
          layoutVersion = message.data.layoutVersion
        }
      }
    }
    follow().catch(() => {
      // Refused for good: the list stays as it was loaded, and the hold has the last word.
    })
    return () => ending.abort()
  }, [concertId, scheduleId, queries])
}
