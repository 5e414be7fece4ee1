import { keepPreviousData, queryOptions, useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useEffectEvent, useReducer } from 'react'
import { api, dataOf, present } from '../api.ts'
import { placeHeader } from '../place-token.ts'
import { hear, shownStates, silentStream } from './live-states.ts'
import type { LayoutSeat } from './plan-seats.ts'

const SEATS = '/api/v1/concerts/{concertId}/schedules/{scheduleId}/seats'
const LAYOUT_KEY = 'seat-layout'
const ASK_EVERY_MS = 5_000

/** The seats of a schedule as they are now. */
export interface SeatStates {
  /** The same array as long as no seats are added. */
  layout: readonly LayoutSeat[]
  /** A letter a seat, as the API's compact states have them. */
  states: string
}

/** What is known of them. */
export interface LiveSeats {
  /** Undefined until both the layout and the states have come. */
  data: SeatStates | undefined
  /** Whether changes come late, since the connection that tells them was lost; it is made again by itself. */
  isLate: boolean
  error: unknown
  retry: () => void
}

/**
 * Follows the seats of a schedule: the layout once, from an address that browsers keep for good, then each change by the stream of
 * events; while that is lost the small states are asked for instead. `onEnd` is called when the place in line has ended, and with it
 * the right to see them.
 */
export function useSeatStates(concertId: number, scheduleId: number, onEnd: () => void): LiveSeats {
  const [stream, tell] = useReducer(hear, silentStream)
  const end = useEffectEvent(onEnd)
  const isTold = stream.isLive && stream.states !== undefined
  const asked = useQuery({
    ...statesQuery(concertId, scheduleId),
    enabled: !isTold,
    refetchInterval: ASK_EVERY_MS,
  })
  const version = stream.layoutVersion ?? asked.data?.layoutVersion
  const layout = useQuery(layoutQuery(concertId, scheduleId, version))
  useEffect(() => {
    const ending = new AbortController()
    const follow = async (): Promise<void> => {
      const events = api.events(`${SEATS}/events`, {
        params: { path: { concertId, scheduleId } },
        ...placeHeader(scheduleId),
        signal: ending.signal,
        onConnection: ({ state }) =>
          tell(state === 'open' ? { kind: 'open' } : { kind: 'lost', atMs: Date.now() }),
      })
      for await (const { event, data } of events) {
        if (event === 'end') {
          if (data.reason === 'TOKEN_ENDED') end()
        } else if (event === 'snapshot') tell({ kind: 'snapshot', ...data })
        else tell({ kind: 'change', ...data })
      }
    }
    follow().catch(() => {
      // Refused for good: the states that are asked for from now on say why.
      tell({ kind: 'lost', atMs: Date.now() })
    })
    return () => ending.abort()
  }, [concertId, scheduleId])
  const states = shownStates(
    stream,
    asked.data === undefined ? undefined : { states: asked.data.states, atMs: asked.dataUpdatedAt },
    layout.data?.length ?? 0,
  )
  return {
    data: layout.data === undefined || states === undefined ? undefined : { layout: layout.data, states },
    isLate: stream.states !== undefined && !stream.isLive,
    error: layout.error ?? (isTold ? null : asked.error),
    retry: () => {
      void asked.refetch()
      if (layout.isError) void layout.refetch()
    },
  }
}

/** The layout that was loaded last; none where nobody has looked at the seats yet. */
export function useKnownLayout(concertId: number, scheduleId: number): readonly LayoutSeat[] {
  const known = useQueryClient().getQueriesData<LayoutSeat[]>({
    queryKey: [LAYOUT_KEY, concertId, scheduleId],
  })
  return known.findLast(([, layout]) => layout !== undefined)?.[1] ?? []
}

function statesQuery(concertId: number, scheduleId: number) {
  return queryOptions({
    queryKey: ['seat-states', concertId, scheduleId],
    staleTime: 0,
    queryFn: async ({ signal }) => {
      // The browser sends the ETag of its copy by itself, and hands out the copy where nothing changed.
      const { states, layoutEndpoint } = present(
        dataOf(
          await api.GET(`${SEATS}/states`, {
            params: { path: { concertId, scheduleId } },
            ...placeHeader(scheduleId),
            signal,
          }),
        ),
      )
      return { states, layoutVersion: layoutEndpoint.slice(layoutEndpoint.lastIndexOf('/') + 1) }
    },
  })
}

/** The layout of a version. It never changes, so it is never asked for twice. */
function layoutQuery(concertId: number, scheduleId: number, version: string | undefined) {
  return queryOptions({
    queryKey: [LAYOUT_KEY, concertId, scheduleId, version],
    enabled: version !== undefined,
    staleTime: Infinity,
    placeholderData: keepPreviousData,
    queryFn: async ({ signal }): Promise<LayoutSeat[]> => {
      const path = { concertId, scheduleId, version: version ?? '' }
      return present(dataOf(await api.GET(`${SEATS}/layout/{version}`, { params: { path }, signal }))).seats
    },
  })
}
