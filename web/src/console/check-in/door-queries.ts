import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { api, dataOf } from '../../api.ts'
import { firstCursor, pageOf } from '../../paging.ts'

/** Shows to check tickets of: those that are on sale first, a page after the other. */
export function doorShowsQuery(query: string) {
  return infiniteQueryOptions({
    queryKey: ['console', 'door-shows', query],
    queryFn: async ({ pageParam, signal }) =>
      dataOf(
        await api.GET('/api/v1/admin/schedules', {
          params: {
            query: { ...pageOf(50, pageParam), ...(query === '' ? {} : { query }) },
          },
          signal,
        }),
      ),
    initialPageParam: firstCursor,
    getNextPageParam: ({ nextCursor }) => nextCursor,
  })
}

/** How many people of a show are in, at all doors. */
export function checkInsQuery(scheduleId: number) {
  return queryOptions({
    queryKey: ['console', 'check-ins', scheduleId],
    refetchInterval: 5_000,
    queryFn: async ({ signal }) =>
      dataOf(
        await api.GET('/api/v1/admin/schedules/{scheduleId}/check-ins', {
          params: { path: { scheduleId } },
          signal,
        }),
      ),
  })
}
