import { z } from 'zod'
import type { LoadProcess } from '../load-process.ts'
import type { Round } from '../measure.ts'
import { placeRequest, postRequest } from '../requests.ts'
import type { Sale, Shop } from './shop.ts'
import { headersOf, holdRequest, join, joinAll, measureStep, tokensOf } from './steps.ts'

/** What is measured of a sale: what each buyer does in turn, and the holds of late people, for seats that are sold. */
type StepName = 'charge' | 'join' | 'place' | 'hold' | 'pay' | 'refused'

/** The steps of one sale, each with its costs. */
export type SaleRound = Record<StepName, Round>

/** Calls between the steps, when nothing is under load. */
export interface Between {
  beforeJoin?: () => Promise<void>
  beforePay?: () => Promise<void>
  afterPay?: () => Promise<void>
}

const held = z.object({ data: z.object({ reservationId: z.string() }) })

/** Lets all buyers of a sale do one step after the other, each step by all of them before the next. */
export async function buy(
  load: LoadProcess,
  shop: Shop,
  sale: Sale,
  between: Between = {},
): Promise<SaleRound> {
  const { buyers, late } = sale
  const measure = (requests: readonly string[], expectedStatus: number) =>
    measureStep(load, shop, requests, expectedStatus)
  const charges = await measure(
    buyers.map((one) =>
      postRequest(`users/${one.userId}/balance/charge`, headersOf('charge', one), { amount: 1_000_000 }),
    ),
    200,
  )
  await between.beforeJoin?.()
  const joins = await measure(buyers.map(join), 200)
  const tokens = tokensOf(joins.bodies)
  const places = await measure((shop.knownTokens ?? tokens).slice(0, buyers.length).map(placeRequest), 200)
  const holds = await measure(
    buyers.map((one, index) => holdRequest('reservations', one, tokens[index], { seatIds: one.seatIds })),
    201,
  )
  await between.beforePay?.()
  const payments = await measure(
    holds.bodies.map((body, index) =>
      postRequest('payments', headersOf('pay', buyers[index]), {
        reservationId: held.parse(JSON.parse(body)).data.reservationId,
        paymentMethod: 'BALANCE',
      }),
    ),
    201,
  )
  await between.afterPay?.()
  const lateTokens = await joinAll(load, shop, late)
  const refused = await measure(
    late.map((one, index) => holdRequest(shop.refusedPath, one, lateTokens[index], { seatIds: one.seatIds })),
    409,
  )
  return {
    charge: charges.round,
    join: joins.round,
    place: places.round,
    hold: holds.round,
    pay: payments.round,
    refused: refused.round,
  }
}

/** A whole purchase as one request: what its steps cost together, for each buyer. */
export function purchaseOf({ join: joins, place, hold, pay }: SaleRound): Round {
  const steps = [joins, place, hold, pay]
  const cpuMs = new Map<string, number>()
  for (const [name, ms] of steps.flatMap((step) => [...step.cpuMs]))
    cpuMs.set(name, (cpuMs.get(name) ?? 0) + ms)
  return {
    answered: pay.answered,
    elapsedMs: steps.reduce((sum, { elapsedMs }) => sum + elapsedMs, 0),
    latenciesMs: pay.latenciesMs.map((_one, buyer) =>
      steps.reduce((sum, { latenciesMs }) => sum + (latenciesMs[buyer] ?? 0), 0),
    ),
    cpuMs,
  }
}
