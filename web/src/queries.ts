import type { DataOf } from '@frontrow/client/routes'
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { api, dataOf } from './api.ts'
import { firstCursor, pageOf } from './paging.ts'
import { serverClock } from './clock.ts'
import { placeHeader } from './place-token.ts'

const SCHEDULES = '/api/v1/concerts/{concertId}/schedules'
const SCHEDULE = '/api/v1/concerts/{concertId}/schedules/{scheduleId}'
const ME = '/api/v1/queue/tokens/me'
const NOW_SERVING = '/api/v1/queue/schedules/{scheduleId}/now-serving'
const RESERVATION = '/api/v1/reservations/{reservationId}'
const TICKETS = '/api/v1/reservations/{reservationId}/ticket'

/** One performance, with seats left and prices. */
export type Schedule = DataOf<'get', typeof SCHEDULE>
/** One performance as lists have it. */
export type ListedSchedule = DataOf<'get', typeof SCHEDULES>[number]
/** A place in line. */
export type Place = DataOf<'get', typeof ME>
/** How far a line is. */
export type NowServing = DataOf<'get', typeof NOW_SERVING>
/** A hold or what became of it, by itself. */
export type ReservationNow = DataOf<'get', typeof RESERVATION>
/** The same as lists have it. */
export type Reservation = Omit<ReservationNow, 'onceReleased'>

type Tickets = DataOf<'get', typeof TICKETS>
/** One seat's way in. */
export type Ticket = Tickets['tickets'][number]

/** Concerts, a page after the other. */
export function concertsQuery(query: string) {
  return infiniteQueryOptions({
    queryKey: ['concerts', query],
    queryFn: async ({ pageParam, signal }) =>
      dataOf(
        await api.GET('/api/v1/concerts', {
          params: {
            query: {
              limit: 20,
              ...(query === '' ? {} : { query }),
              ...(pageParam === null ? {} : { cursor: pageParam }),
            },
          },
          signal,
        }),
      ),
    initialPageParam: firstCursor,
    getNextPageParam: ({ nextCursor }) => nextCursor,
  })
}

/** One concert. */
export function concertQuery(concertId: number) {
  return queryOptions({
    queryKey: ['concert', concertId],
    staleTime: 60_000,
    queryFn: async ({ signal }) =>
      dataOf(await api.GET('/api/v1/concerts/{concertId}', { params: { path: { concertId } }, signal })),
  })
}

/** What a concert is performed on, in days of the venue, both included; from today to a month ahead where nothing is said. */
export function schedulesQuery(concertId: number, days: { fromDate?: string; toDate?: string } = {}) {
  return queryOptions({
    queryKey: ['schedules', concertId, days],
    queryFn: async ({ signal }) =>
      dataOf(await api.GET(SCHEDULES, { params: { path: { concertId }, query: days }, signal })),
  })
}

/** One performance; asked for again every few seconds where `isLive`, since seats are being sold. */
export function scheduleQuery(concertId: number, scheduleId: number, isLive = false) {
  return queryOptions({
    queryKey: ['schedule', concertId, scheduleId],
    refetchInterval: isLive ? 5_000 : false,
    queryFn: async ({ signal }) =>
      dataOf(await api.GET(SCHEDULE, { params: { path: { concertId, scheduleId } }, signal })),
  })
}

/** The place of this browser in the line of a schedule. */
export async function fetchPlace(
  scheduleId: number,
  signal: AbortSignal | undefined,
  client = api,
): Promise<Place> {
  const init = signal === undefined ? {} : { signal }
  const place = dataOf(
    await client.GET(ME, { params: { query: { scheduleId } }, ...placeHeader(scheduleId), ...init }),
  )
  serverClock.learn(place.serverTime)
  return place
}

/** The same as a query, for pages beside the line. */
export function placeQuery(scheduleId: number) {
  return queryOptions({
    queryKey: ['place', scheduleId],
    queryFn: ({ signal }) => fetchPlace(scheduleId, signal),
    refetchInterval: 15_000,
  })
}

/** How far the line of a schedule is: the one answer that a whole crowd shares. */
export async function fetchNowServing(
  scheduleId: number,
  signal: AbortSignal,
  client = api,
): Promise<NowServing> {
  // Its serverTime is no clock: the answer may have been kept on its way.
  return dataOf(await client.GET(NOW_SERVING, { params: { path: { scheduleId } }, signal }))
}

/** The commitment to the draw. */
export function fairnessQuery(scheduleId: number) {
  return queryOptions({
    queryKey: ['fairness', scheduleId],
    staleTime: 60_000,
    queryFn: async ({ signal }) =>
      dataOf(
        await api.GET('/api/v1/queue/schedules/{scheduleId}/fairness', {
          params: { path: { scheduleId } },
          signal,
        }),
      ),
  })
}

/** One reservation of mine; asked for again while `isLive`. */
export function reservationQuery(reservationId: string) {
  return queryOptions<ReservationNow, Error, ReservationNow, ['reservation', string]>({
    queryKey: ['reservation', reservationId],
    refetchInterval: ({ state }) => (isMoving(state.data) ? 5_000 : false),
    queryFn: async ({ signal }) =>
      dataOf(await api.GET(RESERVATION, { params: { path: { reservationId } }, signal })),
  })
}

function isMoving(reservation: Reservation | undefined): boolean {
  const { status, refund, schedule } = reservation ?? {}
  // A cancelled show's reservations are cancelled one after the other.
  const isBeingCancelled = status === 'CONFIRMED' && schedule?.status === 'CANCELLED'
  return status === 'HOLD' || refund?.status === 'PENDING' || isBeingCancelled
}

/** My reservations, newest first, a page after the other. */
export function reservationsQuery() {
  return infiniteQueryOptions({
    queryKey: ['reservations'],
    queryFn: async ({ pageParam, signal }) =>
      dataOf(
        await api.GET('/api/v1/reservations', {
          params: { query: pageOf(20, pageParam) },
          signal,
        }),
      ),
    initialPageParam: firstCursor,
    getNextPageParam: ({ nextCursor }) => nextCursor,
    refetchInterval: ({ state }) =>
      state.data?.pages.some(({ items }) => items.some(isMoving)) === true ? 5_000 : false,
  })
}

/** How often a ticket that is shown asks whether somebody has come in with it. */
const TICKET_USED_EVERY_MS = 20_000
/** So long tickets stay in memory: who has looked at them on the way has them at the door, connection or not. */
const TICKETS_KEPT_MS = 12 * 3_600_000

/** The tickets of a paid reservation. Their codes are kept by the open page only, since who has a code has the seat. */
export function ticketsQuery(reservationId: string) {
  return queryOptions<Tickets, Error, Tickets, ['tickets', string]>({
    queryKey: ['tickets', reservationId],
    staleTime: TICKET_USED_EVERY_MS,
    gcTime: TICKETS_KEPT_MS,
    refetchInterval: ({ state }) =>
      state.data?.tickets.every(({ checkedInAt }) => checkedInAt !== null) === true
        ? false
        : TICKET_USED_EVERY_MS,
    queryFn: async ({ signal }) =>
      dataOf(await api.GET(TICKETS, { params: { path: { reservationId } }, signal })),
  })
}

/** Seats that are held for me, on whatever device: asked for once a page load. */
export function myHoldsQuery() {
  return queryOptions({
    queryKey: ['my-holds'],
    staleTime: Infinity,
    queryFn: async ({ signal }) => {
      const query = { status: 'HOLD', limit: 5 } as const
      return dataOf(await api.GET('/api/v1/reservations', { params: { query }, signal })).items
    },
  })
}

/** What a wallet holds. */
export function balanceQuery(userId: string) {
  return queryOptions({
    queryKey: ['balance', userId],
    queryFn: async ({ signal }) =>
      dataOf(await api.GET('/api/v1/users/{userId}/balance', { params: { path: { userId } }, signal })),
  })
}

/** How money moved in a wallet, newest first, a page after the other. */
export function walletHistoryQuery(userId: string) {
  return infiniteQueryOptions({
    queryKey: ['wallet-history', userId],
    queryFn: async ({ pageParam, signal }) =>
      dataOf(
        await api.GET('/api/v1/users/{userId}/balance/history', {
          params: {
            path: { userId },
            query: pageOf(20, pageParam),
          },
          signal,
        }),
      ),
    initialPageParam: firstCursor,
    getNextPageParam: ({ nextCursor }) => nextCursor,
  })
}
