import { NoAnswer } from './api-client.ts'
import type { Answer, Call } from './api-client.ts'
import { compareAnswers } from './compare-answers.ts'
import type { Fan } from './fan.ts'
import type { RepeatRecord } from './history.ts'
import type { Rush } from './rush.ts'

/** Sends a request, for fans who repeat twice with the same key, and records whether the two answers agree. */
export async function askWithKey<T>(
  rush: Rush,
  fan: Fan,
  call: Omit<Call<T>, 'bearer' | 'queueToken' | 'idempotencyKey'>,
  what: RepeatRecord['what'],
  token: 'no token' | 'admitted',
  identity: (data: T) => string,
): Promise<Answer<T>> {
  const keyed = { ...call, idempotencyKey: fan.newIdempotencyKey(what) }
  try {
    if (fan.profile.repeats === 'never') return await fan.ask(keyed, token)
    // The first payment uses the token up, so a success of the second does not show that the token was still ACTIVE.
    const replayToken = token === 'admitted' ? 'token' : token
    const [first, second] =
      fan.profile.repeats === 'together'
        ? await Promise.all([fan.ask(keyed, replayToken), fan.ask(keyed, replayToken)])
        : [await fan.ask(keyed, token), await fan.ask(keyed, replayToken)]
    const problem = compareAnswers(first, second, identity)
    rush.history.repeats.push({ userId: fan.userId, what, problem })
    rush.measurements.count.repeats += 1
    // A first answer of 202 leaves the payment open, so the second one tells more.
    return first.kind === 'ok' && first.status !== 202 ? first : second
  } catch (error) {
    if (error instanceof NoAnswer) {
      fan.record.moneyUncertain = true
      fan.balance = undefined
    }
    throw error
  }
}
