import type { DataOf } from '@frontrow/client/routes'
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { api, dataOf } from '../../api.ts'
import { firstCursor, pageOf } from '../../paging.ts'

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

const LISTED = 20
/** Troubles of one kind are counted as far as this; a hundred are a reason to look, whatever the rest. */
const COUNTED_MAX = 100
/** Messages that were published again are listed among those that wait, so more pages of them are read. */
const LETTER_PAGES_MAX = 5
/** New troubles, and what became of those that were tried again, are seen by themselves. */
const ASK_EVERY_MS = 5_000
/** A webhook that does well is asked for less often: there may be a hundred. */
const ASK_WELL_EVERY_MS = 30_000
/** The number beside the navigation is on every page of the console, so it is asked for less often. */
const COUNT_EVERY_MS = 30_000

/** Parked messages, newest first, a page after the other. */
export function deadLettersQuery() {
  return infiniteQueryOptions({
    queryKey: ['console', 'dead-letters'],
    queryFn: async ({ pageParam, signal }) =>
      dataOf(await api.GET(DEAD_LETTERS, { params: { query: pageOf(LISTED, pageParam) }, signal })),
    initialPageParam: firstCursor,
    getNextPageParam: ({ nextCursor }) => nextCursor,
    refetchInterval: ASK_EVERY_MS,
  })
}

/** Mails that nothing sends any more by itself. */
export function failedMailsQuery() {
  return infiniteQueryOptions({
    queryKey: ['console', 'failed-mails'],
    queryFn: async ({ pageParam, signal }) =>
      dataOf(
        await api.GET(NOTICES, {
          params: { query: { ...pageOf(LISTED, pageParam), status: 'FAILED' } },
          signal,
        }),
      ),
    initialPageParam: firstCursor,
    getNextPageParam: ({ nextCursor }) => nextCursor,
    refetchInterval: ASK_EVERY_MS,
  })
}

/** Mails that wait to be sent, also those that were tried before. */
export function waitingMailsQuery() {
  return queryOptions({
    queryKey: ['console', 'waiting-mails'],
    queryFn: async ({ signal }) =>
      dataOf(
        await api.GET(NOTICES, { params: { query: { limit: COUNTED_MAX, status: 'PENDING' } }, signal }),
      ),
    refetchInterval: ASK_EVERY_MS,
  })
}

/** Holds that came to nothing, of the last hour. */
export function failedJobsQuery() {
  return infiniteQueryOptions({
    queryKey: ['console', 'failed-jobs'],
    queryFn: async ({ pageParam, signal }) =>
      dataOf(
        await api.GET(JOBS, {
          params: { query: { ...pageOf(LISTED, pageParam), status: 'failed' } },
          signal,
        }),
      ),
    initialPageParam: firstCursor,
    getNextPageParam: ({ nextCursor }) => nextCursor,
    refetchInterval: ASK_EVERY_MS,
  })
}

/** Webhooks, newest first; the API has few at most. */
export function webhooksQuery() {
  return queryOptions({
    queryKey: ['console', 'webhooks'],
    refetchInterval: ASK_EVERY_MS,
    queryFn: async ({ signal }) =>
      dataOf(await api.GET(WEBHOOKS, { params: { query: { limit: COUNTED_MAX } }, signal })).items,
  })
}

/** Deliveries of a webhook that failed for good. */
export function failedDeliveriesQuery(webhook: Webhook) {
  const { webhookId } = webhook
  return infiniteQueryOptions({
    queryKey: ['console', 'failed-deliveries', webhookId],
    queryFn: async ({ pageParam, signal }) =>
      dataOf(
        await api.GET(DELIVERIES, {
          params: { path: { webhookId }, query: { ...pageOf(LISTED, pageParam), status: 'FAILED' } },
          signal,
        }),
      ),
    initialPageParam: firstCursor,
    getNextPageParam: ({ nextCursor }) => nextCursor,
    refetchInterval: ({ state }) =>
      askEveryMs(
        webhook,
        state.data?.pages.some(({ items }) => items.length > 0),
      ),
  })
}

/** Deliveries of a webhook that wait to go out, also those that were tried before. */
export function waitingDeliveriesQuery(webhook: Webhook) {
  const { webhookId } = webhook
  return queryOptions({
    queryKey: ['console', 'waiting-deliveries', webhookId],
    queryFn: async ({ signal }) =>
      dataOf(
        await api.GET(DELIVERIES, {
          params: { path: { webhookId }, query: { limit: COUNTED_MAX, status: 'PENDING' } },
          signal,
        }),
      ),
    refetchInterval: ({ state }) =>
      askEveryMs(
        webhook,
        state.data?.items.some(({ lastError }) => lastError !== null),
      ),
  })
}

function askEveryMs({ status, failingSince }: Webhook, hasFailures = false): number {
  return status === 'ENABLED' && failingSince === null && !hasFailures ? ASK_WELL_EVERY_MS : ASK_EVERY_MS
}

/** How many troubles wait, and whether there are more than were counted. */
interface TroubleCount {
  count: number
  isMore: boolean
}

/**
 * How many troubles wait for a person: messages that were never published again, mails and deliveries that failed. Holds that were refused
 * are none of them: their fans were told.
 */
export function troubleCountQuery() {
  return queryOptions({
    queryKey: ['console', 'trouble-count'],
    refetchInterval: COUNT_EVERY_MS,
    queryFn: async ({ signal }): Promise<TroubleCount> => {
      const query = { limit: COUNTED_MAX }
      const [letters, mails, webhooks] = await Promise.all([
        countLetters(signal),
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
      const lists = [mails.data, ...deliveries.map(({ data }) => data)]
      return {
        count: lists.reduce((sum, { items }) => sum + items.length, letters.count),
        isMore: letters.isMore || lists.some(({ nextCursor }) => nextCursor !== null),
      }
    },
  })
}

/** Messages that were never published again. */
async function countLetters(signal: AbortSignal): Promise<TroubleCount> {
  let count = 0
  let cursor = firstCursor
  for (let pages = 0; pages < LETTER_PAGES_MAX && count < COUNTED_MAX; pages += 1) {
    const query = pageOf(COUNTED_MAX, cursor)
    const { items, nextCursor } = dataOf(await api.GET(DEAD_LETTERS, { params: { query }, signal }))
    count += items.filter(({ retriedAt }) => retriedAt === null).length
    cursor = nextCursor
    if (cursor === null) break
  }
  return { count, isMore: cursor !== null }
}
