import { api, dataOf, isRefusal } from '../../api.ts'
import { serverClock } from '../../clock.ts'
import { fetchPlace } from '../../queries.ts'
import type { Place } from '../../queries.ts'

/** The place that this browser has in a line; null where it has none. */
export async function findPlace(
  scheduleId: number,
  signal?: AbortSignal,
  client = api,
): Promise<Place | null> {
  try {
    return await fetchPlace(scheduleId, signal, client)
  } catch (error) {
    if (isRefusal(error, 'QUEUE_TOKEN_REQUIRED', 'QUEUE_TOKEN_INVALID')) return null
    throw error
  }
}

/**
 * Joins the line, or takes over the place that the person has in it already, in another browser or from a join whose answer was
 * lost: the other browser is told that its place has moved.
 */
export async function takePlace(scheduleId: number, client = api): Promise<Place> {
  const place = await join(scheduleId, client)
  serverClock.learn(place.serverTime)
  return place
}

async function join(scheduleId: number, client: typeof api): Promise<Place> {
  try {
    return dataOf(await client.POST('/api/v1/queue/tokens', { body: { scheduleId } }))
  } catch (error) {
    if (!isRefusal(error, 'QUEUE_TOKEN_EXISTS')) throw error
    // Taking it over would end the place in this browser's other tabs, which have the same cookie.
    const own = await findPlace(scheduleId, undefined, client)
    return own ?? dataOf(await client.PUT('/api/v1/queue/tokens', { body: { scheduleId } }))
  }
}

/** Gives the place up. */
export async function leaveLine(scheduleId: number): Promise<void> {
  await api.DELETE('/api/v1/queue/tokens/me', { params: { query: { scheduleId } } })
}
