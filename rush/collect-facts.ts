import type { z } from 'zod'
import { balanceAnswer, paymentAnswer, reservationAnswer } from './answers.ts'
import type { ApiClient } from './api-client.ts'
import { NoAnswer } from './api-client.ts'
import type { SignIn } from './access.ts'
import type { FanRecord, FinalFacts, History } from './history.ts'

/** So few fans are asked about at once, because these questions must not become a second rush. */
const FANS_AT_ONCE = 32
const SETTLE_MS = 60_000
const SETTLE_PAUSE_MS = 1_000

/** Asks the system, in each fan's name, for the final state of the fan's reservations, payments and wallet. */
export async function collectFacts(
  api: ApiClient,
  signIn: SignIn,
  history: History,
  pause: (ms: number) => Promise<void>,
): Promise<FinalFacts> {
  const facts = {
    reservations: new Map<string, string>(),
    seats: new Map<string, number[]>(),
    payments: new Map<string, { status: string; amount: number }>(),
    balances: new Map<string, number>(),
  }
  const fansToAsk = history.fans.filter(
    (fan) => fan.holds.length > 0 || fan.payments.length > 0 || fan.charged > 0,
  )
  const remaining = fansToAsk.values()
  const work = async (): Promise<void> => {
    for (const fan of remaining) await collectOfFan(api, await signIn(fan.userId), fan, facts, pause)
  }
  await Promise.all(Array.from({ length: FANS_AT_ONCE }, work))
  return facts
}

interface Collected {
  reservations: Map<string, string>
  seats: Map<string, number[]>
  payments: Map<string, { status: string; amount: number }>
  balances: Map<string, number>
}

async function collectOfFan(
  api: ApiClient,
  bearer: string,
  fan: FanRecord,
  facts: Collected,
  pause: (ms: number) => Promise<void>,
): Promise<void> {
  const read = <T>(step: 'payment' | 'reservation' | 'balance', path: string, schema: z.ZodType<T>) =>
    readOne(api, { step, path, schema, bearer })
  for (const { paymentId } of fan.payments) {
    const path = `/payments/${paymentId}`
    const until = Date.now() + SETTLE_MS
    let payment = await read('payment', path, paymentAnswer)
    while (payment?.status === 'PENDING' && Date.now() < until) {
      await pause(SETTLE_PAUSE_MS)
      payment = await read('payment', path, paymentAnswer)
    }
    if (payment !== undefined)
      facts.payments.set(paymentId, { status: payment.status, amount: payment.amount })
  }
  for (const { reservationId } of fan.holds) {
    const reservation = await read('reservation', `/reservations/${reservationId}`, reservationAnswer)
    facts.reservations.set(reservationId, reservation?.status ?? 'MISSING')
    if (reservation !== undefined) facts.seats.set(reservationId, reservation.seats)
  }
  const wallet = await read('balance', `/users/${fan.userId}/balance`, balanceAnswer)
  if (wallet !== undefined) facts.balances.set(fan.userId, wallet.currentBalance)
}

// Undefined where the system refused or did not answer: a missing fact breaks a check, and the client counts missing answers.
async function readOne<T>(
  api: ApiClient,
  call: { step: 'payment' | 'reservation' | 'balance'; path: string; schema: z.ZodType<T>; bearer: string },
): Promise<T | undefined> {
  try {
    const answer = await api.call({ ...call, method: 'GET' })
    return answer.kind === 'ok' ? answer.data : undefined
  } catch (error) {
    if (error instanceof NoAnswer) return undefined
    throw error
  }
}
