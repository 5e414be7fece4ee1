import { ApiError } from '@frontrow/client/errors'
import { api, dataOf, isRefusal } from '../../api.ts'
import { serverClock } from '../../clock.ts'
import { forgetPlaceToken, keepPlaceToken, placeHeader } from '../../place-token.ts'
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
 * lost: the other browser is told that its place has moved. Where joins are known to be checked, `isChecked`, the challenge is answered before the
 * join, which is counted once by the limits then; otherwise after its refusal.
 */
export async function takePlace(
  scheduleId: number,
  client = api,
  isPlainHttp: boolean = globalThis.location?.protocol === 'http:',
  answerCheck?: AnswerJoinCheck,
  isChecked = false,
): Promise<Place> {
  const place = await join(scheduleId, client, answerCheck, isChecked)
  serverClock.learn(place.serverTime)
  if (isPlainHttp) await keepTokenWithoutCookie(place, client)
  return place
}

/**
 * Answers what is asked of a join, where joins are checked against bots; undefined where nothing is asked. `refusal` is that of the join which was
 * sent before, if any was; it is thrown where no answer would help, or `tries` were enough.
 */
export type AnswerJoinCheck = (
  scheduleId: number,
  refusal: ApiError | undefined,
  tries: number,
) => Promise<string | undefined>

async function sendJoin(
  scheduleId: number,
  client: typeof api,
  answerCheck: AnswerJoinCheck | undefined,
  isChecked: boolean,
): Promise<Place> {
  let checkAnswer = isChecked ? await answerCheck?.(scheduleId, undefined, 0) : undefined
  for (let tries = isChecked ? 1 : 0; ; tries += 1) {
    try {
      const body = { scheduleId, ...(checkAnswer === undefined ? {} : { checkAnswer }) }
      return dataOf(await client.POST('/api/v1/queue/tokens', { body }))
    } catch (error) {
      const isOfCheck = error instanceof ApiError && error.code.startsWith('JOIN_')
      if (!isOfCheck || answerCheck === undefined) throw error
      checkAnswer = await answerCheck(scheduleId, error, tries)
    }
  }
}

/** A page can't read the cookie of its place, so it asks who it is: a browser that kept none is nobody. */
async function keepTokenWithoutCookie({ scheduleId, token }: Place, client: typeof api): Promise<void> {
  forgetPlaceToken(scheduleId)
  // Where nobody answers now, the place is taken to be the cookie's, as it is in most browsers.
  const own = await findPlace(scheduleId, undefined, client).catch(() => undefined)
  if (own === null) keepPlaceToken(scheduleId, token)
}

async function join(
  scheduleId: number,
  client: typeof api,
  answerCheck: AnswerJoinCheck | undefined,
  isChecked: boolean,
): Promise<Place> {
  try {
    return await sendJoin(scheduleId, client, answerCheck, isChecked)
  } catch (error) {
    if (!isRefusal(error, 'QUEUE_TOKEN_EXISTS')) throw error
    // Taking it over would end the place in this browser's other tabs, which have the same cookie.
    const own = await findPlace(scheduleId, undefined, client)
    return own ?? dataOf(await client.PUT('/api/v1/queue/tokens', { body: { scheduleId } }))
  }
}

/** Gives the place up. */
export async function leaveLine(scheduleId: number): Promise<void> {
  await api.DELETE('/api/v1/queue/tokens/me', {
    params: { query: { scheduleId } },
    ...placeHeader(scheduleId),
  })
  forgetPlaceToken(scheduleId)
}
