import type { BodyOf, DataOf } from '@frontrow/client/routes'
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { api, dataOf, present } from '../../api.ts'
import { firstCursor, pageOf } from '../../paging.ts'

const VENUES = '/api/v1/admin/venues'
const CONCERTS = '/api/v1/admin/concerts'
const CONCERT = '/api/v1/admin/concerts/{concertId}'
const SCHEDULES = '/api/v1/admin/concerts/{concertId}/schedules'
const SCHEDULE = '/api/v1/admin/schedules/{scheduleId}'

/** A hall. */
export type Venue = DataOf<'get', typeof VENUES>['items'][number]
/** A concert as it can be changed. */
export type Concert = DataOf<'get', typeof CONCERT>
/** A performance as it can be changed, with the progress of its cancellation. */
export type AdminSchedule = DataOf<'get', typeof SCHEDULE>
/** A performance to make. */
export type NewSchedule = BodyOf<'post', typeof SCHEDULES>

/** Something with the version that it was read at, which a change names, so that it takes nobody else's change back. */
export interface Versioned<T> {
  data: T
  tag: string
}

const VENUES_LISTED = 100

/** Venues, newest first, a page after the other. */
export function venuesQuery() {
  return infiniteQueryOptions({
    queryKey: ['console', 'venues'],
    queryFn: async ({ pageParam, signal }) =>
      dataOf(await api.GET(VENUES, { params: { query: pageOf(VENUES_LISTED, pageParam) }, signal })),
    initialPageParam: firstCursor,
    getNextPageParam: ({ nextCursor }) => nextCursor,
  })
}

/** Concerts that a search finds, newest first, a page after the other. */
export function adminConcertsQuery(query: string) {
  return infiniteQueryOptions({
    queryKey: ['console', 'concerts', query],
    queryFn: async ({ pageParam, signal }) =>
      dataOf(
        await api.GET(CONCERTS, {
          params: { query: { ...pageOf(20, pageParam), ...(query === '' ? {} : { query }) } },
          signal,
        }),
      ),
    initialPageParam: firstCursor,
    getNextPageParam: ({ nextCursor }) => nextCursor,
  })
}

/** One concert with its version. */
export function adminConcertQuery(concertId: number) {
  return queryOptions({
    queryKey: ['console', 'concert', concertId],
    queryFn: async ({ signal }) =>
      versioned(await api.GET(CONCERT, { params: { path: { concertId } }, signal })),
  })
}

/** All performances of a concert, newest first, a page after the other. */
export function datesQuery(concertId: number) {
  return infiniteQueryOptions({
    queryKey: ['console', 'schedules', concertId],
    queryFn: async ({ pageParam, signal }) =>
      dataOf(
        await api.GET(SCHEDULES, {
          params: { path: { concertId }, query: pageOf(20, pageParam) },
          signal,
        }),
      ),
    initialPageParam: firstCursor,
    getNextPageParam: ({ nextCursor }) => nextCursor,
  })
}

/** One performance with its version; asked for again every few seconds, and more often while it is being cancelled. */
export function dateQuery(scheduleId: number) {
  return queryOptions<
    Versioned<AdminSchedule>,
    Error,
    Versioned<AdminSchedule>,
    ['console', 'schedule', number]
  >({
    queryKey: ['console', 'schedule', scheduleId],
    refetchInterval: ({ state }) => (isBeingCancelled(state.data?.data) ? 2_000 : 5_000),
    queryFn: async ({ signal }) =>
      versioned(await api.GET(SCHEDULE, { params: { path: { scheduleId } }, signal })),
  })
}

/** Whether reservations of a cancelled performance are still to be cancelled, or refunds still on their way. */
export function isBeingCancelled(schedule: AdminSchedule | undefined): boolean {
  if (schedule?.status !== 'CANCELLED') return false
  const { cancellation } = schedule
  return (
    cancellation === null ||
    cancellation.cancelled < cancellation.reservations ||
    cancellation.refundsPending > 0
  )
}

function versioned<T>(answer: { data: T | undefined; headers: Headers }): Versioned<T> {
  return { data: present(dataOf(answer)), tag: answer.headers.get('ETag') ?? '' }
}
