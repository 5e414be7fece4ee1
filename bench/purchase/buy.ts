import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import type { LoadProcess } from '../load-process.ts'
import type { Round } from '../measure.ts'
import { readCpuMs } from '../process-cpu.ts'
import { joinRequest, placeRequest, postRequest } from '../requests.ts'
import type { Sale, Shop, Visit } from './shop.ts'

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

const CONNECTIONS = 32
const STEP_MS_MAX = 120_000
// Events of the last requests are still on their way through Kafka; their costs belong to the step.
const TAIL_MS = 1_000

const joined = z.object({ data: z.object({ token: z.string() }) })
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
    buyers.map((one, index) => holdRequest('reservations', one, tokens[index])),
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
  const { bodies } = await sendAll(load, shop, late.map(join), 200)
  const lateTokens = tokensOf(bodies)
  const refused = await measure(
    late.map((one, index) => holdRequest(shop.refusedPath, one, lateTokens[index])),
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

async function measureStep(
  load: LoadProcess,
  shop: Shop,
  requests: readonly string[],
  expectedStatus: number,
) {
  const before = readCpuMs(shop.stack.pids)
  const { answered, elapsedMs, latenciesMs, bodies } = await sendAll(load, shop, requests, expectedStatus)
  await delay(TAIL_MS)
  const after = readCpuMs(shop.stack.pids)
  const cpuMs = new Map([...after].map(([name, ms]) => [name, ms - (before.get(name) ?? 0)]))
  return { round: { answered, elapsedMs, latenciesMs, cpuMs }, bodies }
}

async function sendAll(load: LoadProcess, shop: Shop, requests: readonly string[], expectedStatus: number) {
  const job = {
    port: shop.stack.port,
    connections: CONNECTIONS,
    forMs: STEP_MS_MAX,
    repeat: false,
    keepBodies: true,
  }
  const result = await load.runClean({ ...job, requests: [...requests], expectedStatus })
  if (result.answered !== requests.length) {
    throw new Error(`only ${result.answered} of ${requests.length} requests were answered in time`)
  }
  return result
}

function join({ scheduleId, bearerToken }: Visit): string {
  return joinRequest(scheduleId, bearerToken)
}

function tokensOf(bodies: readonly string[]): string[] {
  return bodies.map((body) => joined.parse(JSON.parse(body)).data.token)
}

function headersOf(step: string, one: Visit | undefined): Record<string, string> {
  if (one === undefined) throw new Error('a request without a buyer')
  return { Authorization: `Bearer ${one.bearerToken}`, 'Idempotency-Key': `${step}-${one.userId}` }
}

function holdRequest(path: string, one: Visit, queueToken = ''): string {
  const { scheduleId, seatIds } = one
  return postRequest(path, { ...headersOf('hold', one), 'Queue-Token': queueToken }, { scheduleId, seatIds })
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
