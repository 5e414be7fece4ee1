import type { DataOf } from '@frontrow/client/routes'
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { api, dataOf } from '../../api.ts'

const DEAD_LETTERS = '/api/v1/admin/dead-letters'
const NOTICES = '/api/v1/admin/notices'
const JOBS = '/api/v1/admin/jobs'
const WEBHOOKS = '/api/v1/admin/webhooks'
const DELIVERIES = '/api/v1/admin/webhooks/{webhookId}/deliveries'

/** A message that nobody could handle. */
export type DeadLetter = DataOf<'get', typeof DEAD_LETTERS>['items'][number]
/** A mail and what became of it. */
export type Mail = DataOf<'get', typeof NOTICES>['items'][number]
/** A hold that was asked for with 202, and what became of it. */
export type Job = DataOf<'get', typeof JOBS>['items'][number]
/** Where events are posted to. */
export type Webhook = DataOf<'get', typeof WEBHOOKS>['items'][number]
/** An event on its way to a webhook. */
export type Delivery = DataOf<'get', typeof DELIVERIES>['items'][number]

const firstCursor: string | null = null
const LISTED = 20
/** Troubles are counted as far as this; a hundred of one kind is a reason to look, whatever the rest. */
export const COUNTED_MAX = 100
const COUNT_EVERY_MS = 30_000

/** Parked messages, newest first, a page after the other. */
export function deadLettersQuery() {
  return infiniteQueryOptions({
    queryKey: ['console', 'dead-letters'],
    queryFn: async ({ pageParam, signal }) =>
      dataOf(await api.GET(DEAD_LETTERS, { params: { query: page(pageParam) }, signal })),
    initialPageParam: firstCursor,
    getNextPageParam: ({ nextCursor }) => nextCursor,
  })
}

/** Mails that nothing sends any more by itself. */
export function failedMailsQuery() {
  return infiniteQueryOptions({
    queryKey: ['console', 'failed-mails'],
    queryFn: async ({ pageParam, signal }) =>
      dataOf(await api.GET(NOTICES, { params: { query: { ...page(pageParam), status: 'FAILED' } }, signal })),
    initialPageParam: firstCursor,
    getNextPageParam: ({ nextCursor }) => nextCursor,
  })
}

/** Holds that came to nothing, of the last hour. */
export function failedJobsQuery() {
  return infiniteQueryOptions({
    queryKey: ['console', 'failed-jobs'],
    queryFn: async ({ pageParam, signal }) =>
      dataOf(await api.GET(JOBS, { params: { query: { ...page(pageParam), status: 'failed' } }, signal })),
    initialPageParam: firstCursor,
    getNextPageParam: ({ nextCursor }) => nextCursor,
  })
}

/** Webhooks, newest first; the API has few at most. */
export function webhooksQuery() {
  return queryOptions({
    queryKey: ['console', 'webhooks'],
    queryFn: async ({ signal }) =>
      dataOf(await api.GET(WEBHOOKS, { params: { query: { limit: COUNTED_MAX } }, signal })).items,
  })
}

/** Deliveries of a webhook that failed for good. */
export function failedDeliveriesQuery(webhookId: string) {
  return infiniteQueryOptions({
    queryKey: ['console', 'failed-deliveries', webhookId],
    queryFn: async ({ pageParam, signal }) =>
      dataOf(
        await api.GET(DELIVERIES, {
          params: { path: { webhookId }, query: { ...page(pageParam), status: 'FAILED' } },
          signal,
        }),
      ),
    initialPageParam: firstCursor,
    getNextPageParam: ({ nextCursor }) => nextCursor,
  })
}

/**
 * How many troubles wait for a person: messages that were never published again, mails and deliveries that failed. Holds that were refused
 * are none of them: their fans were told.
 */
export function troubleCountQuery() {
  return queryOptions({
    queryKey: ['console', 'trouble-count'],
    refetchInterval: COUNT_EVERY_MS,
    queryFn: async ({ signal }) => {
      const query = { limit: COUNTED_MAX }
      const [letters, mails, webhooks] = await Promise.all([
        api.GET(DEAD_LETTERS, { params: { query }, signal }),
        api.GET(NOTICES, { params: { query: { ...query, status: 'FAILED' } }, signal }),
        api.GET(WEBHOOKS, { params: { query }, signal }),
      ])
      const deliveries = await Promise.all(
        webhooks.data.items.map(({ webhookId }) =>
          api.GET(DELIVERIES, {
            params: { path: { webhookId }, query: { ...query, status: 'FAILED' } },
            signal,
          }),
        ),
      )
      return (
        letters.data.items.filter(({ retriedAt }) => retriedAt === null).length +
        mails.data.items.length +
        deliveries.reduce((sum, { data }) => sum + data.items.length, 0)
      )
    },
  })
}

function page(cursor: string | null): { limit: number; cursor?: string } {
  return cursor === null ? { limit: LISTED } : { limit: LISTED, cursor }
}
