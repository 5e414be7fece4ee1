import type { DataOf } from '@frontrow/client/routes'
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import type { QueryClient } from '@tanstack/react-query'
import { api, dataOf, present } from '../api.ts'
import { serverClock } from '../clock.ts'
import { emptySeries, withNumber } from './on-sale/series.ts'
import type { Series } from './on-sale/series.ts'
import { firstCursor, pageOf } from '../paging.ts'
import { LIVE_TIMEOUT_MS } from './use-live.ts'
import type { LiveQuestion } from './use-live.ts'

const ROOM = '/api/v1/admin/queues/{scheduleId}'
const SALES = '/api/v1/admin/schedules/{scheduleId}/sales'
const MONEY = '/api/v1/admin/schedules/{scheduleId}/money'
const SCHEDULES = '/api/v1/admin/schedules'
const STATES = '/api/v1/admin/schedules/{scheduleId}/seats/states'
const LAYOUT = '/api/v1/concerts/{concertId}/schedules/{scheduleId}/seats/layout/{version}'
const AUDIT = '/api/v1/admin/audit'
const ACTIONS = '/api/v1/admin/actions'

/** A waiting room as an operator sees it. */
export type Room = DataOf<'get', typeof ROOM>
/** What is held, sold and refused of a schedule. */
type Sales = DataOf<'get', typeof SALES>
/** What was paid for it and given back. */
export type Money = DataOf<'get', typeof MONEY>
/** A schedule in a list. */
export type ListedSchedule = DataOf<'get', typeof SCHEDULES>['items'][number]
/** What the audit found. */
export type AuditResult = DataOf<'get', typeof AUDIT>
/** A write of an admin. */
export type AdminAction = DataOf<'get', typeof ACTIONS>['items'][number]

/** A room, and how it came to that since this page looks. */
export interface WatchedRoom {
  room: Room
  waiting: Series
  admitted: Series
}

/** Sales, and how they came to that since this page looks. */
export interface WatchedSales {
  sales: Sales
  sold: Series
}

/** The letters of all seats, and the version of the layout that they belong to. */
export interface SeatStates {
  states: string
  version: string
}

/** One waiting room. */
export function roomQuery(scheduleId: number): LiveQuestion<WatchedRoom> {
  return {
    queryKey: ['admin', 'room', scheduleId],
    queryFn: async ({ client, signal }) => {
      const params = { path: { scheduleId } }
      const room = dataOf(await api.GET(ROOM, { params, signal, timeoutMs: LIVE_TIMEOUT_MS }))
      return watched(room, client.getQueryData<WatchedRoom>(roomQuery(scheduleId).queryKey))
    },
  }
}

/** Shows a room as it is after a write, before it is asked for again; what was asked for before the write is not shown any more. */
export async function showRoom(client: QueryClient, room: Room): Promise<void> {
  const { queryKey } = roomQuery(room.scheduleId)
  await client.cancelQueries({ queryKey })
  client.setQueryData<WatchedRoom>(queryKey, (before) => watched(room, before))
}

function watched(room: Room, before: WatchedRoom | undefined): WatchedRoom {
  serverClock.learn(room.serverTime)
  const at = Date.parse(room.serverTime) / 1_000
  return {
    room,
    waiting: withNumber(before?.waiting ?? emptySeries, at, room.waiting),
    admitted: withKnown(before?.admitted ?? emptySeries, at, room.admitted),
  }
}

/** A number that the server does not know at the moment leaves the series as it is. */
function withKnown(series: Series, at: number, value: number | null): Series {
  return value === null ? series : withNumber(series, at, value)
}

/** What is held, sold and refused. */
export function salesQuery(scheduleId: number): LiveQuestion<WatchedSales> {
  return {
    queryKey: ['admin', 'sales', scheduleId],
    queryFn: async ({ client, signal }) => {
      const params = { path: { scheduleId } }
      const sales = dataOf(await api.GET(SALES, { params, signal, timeoutMs: LIVE_TIMEOUT_MS }))
      const before = client.getQueryData<WatchedSales>(salesQuery(scheduleId).queryKey)
      const at = Date.parse(sales.serverTime) / 1_000
      return { sales, sold: withNumber(before?.sold ?? emptySeries, at, sales.soldSeats) }
    },
  }
}

/** Where the money of a schedule is. */
export function moneyQuery(scheduleId: number): LiveQuestion<Money> {
  return {
    queryKey: ['admin', 'money', scheduleId],
    queryFn: async ({ signal }) =>
      dataOf(await api.GET(MONEY, { params: { path: { scheduleId } }, signal, timeoutMs: LIVE_TIMEOUT_MS })),
  }
}

/** Schedules of a status whose concert's title or artist has what is looked for, a page after the other. */
export function adminSchedulesQuery(status: ListedSchedule['status'], query: string) {
  return infiniteQueryOptions({
    queryKey: ['admin', 'schedules', status, query],
    queryFn: async ({ pageParam, signal }) =>
      dataOf(
        await api.GET(SCHEDULES, {
          params: {
            query: { ...pageOf(50, pageParam), status, ...(query === '' ? {} : { query }) },
          },
          signal,
        }),
      ),
    initialPageParam: firstCursor,
    getNextPageParam: ({ nextCursor }) => nextCursor,
  })
}

/** A letter a seat, and the version of the layout that they belong to. */
export function adminSeatStatesQuery(scheduleId: number): LiveQuestion<SeatStates> {
  return {
    queryKey: ['admin', 'seat-states', scheduleId],
    queryFn: async ({ signal }) => {
      // The browser sends the ETag of its copy by itself, and hands out the copy where nothing changed.
      const { states, layoutEndpoint } = present(
        dataOf(
          await api.GET(STATES, { params: { path: { scheduleId } }, signal, timeoutMs: LIVE_TIMEOUT_MS }),
        ),
      )
      return { states, version: layoutEndpoint.slice(layoutEndpoint.lastIndexOf('/') + 1) }
    },
  }
}

/** The seats of a version of the layout, which never changes. */
export function adminSeatLayoutQuery(concertId: number, scheduleId: number, version: string | undefined) {
  return queryOptions({
    queryKey: ['admin', 'seat-layout', scheduleId, version],
    enabled: version !== undefined,
    staleTime: Infinity,
    queryFn: async ({ signal }) => {
      const path = { concertId, scheduleId, version: version ?? '' }
      return present(dataOf(await api.GET(LAYOUT, { params: { path }, signal }))).seats
    },
  })
}

/** The audit reads all data of all services; the gateway waits for it as long. */
const AUDIT_TIMEOUT_MS = 60_000

/** The audit that was made last. It is made when somebody asks for it, never by itself. */
export function auditQuery() {
  return queryOptions({
    queryKey: ['admin', 'audit'],
    enabled: false,
    staleTime: Infinity,
    gcTime: Infinity,
    retry: false,
    queryFn: async ({ signal }) => dataOf(await api.GET(AUDIT, { signal, timeoutMs: AUDIT_TIMEOUT_MS })),
  })
}

/** What admins did, newest first. */
export function adminActionsQuery() {
  return infiniteQueryOptions({
    queryKey: ['admin', 'actions'],
    queryFn: async ({ pageParam, signal }) =>
      dataOf(
        await api.GET(ACTIONS, {
          params: { query: pageParam === null ? {} : { cursor: pageParam } },
          signal,
        }),
      ),
    initialPageParam: firstCursor,
    getNextPageParam: ({ nextCursor }) => nextCursor,
  })
}
