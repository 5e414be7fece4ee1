import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import type { LoadResult } from '../load-job.ts'
import type { LoadProcess } from '../load-process.ts'
import type { Round } from '../measure.ts'
import { readCpuMs } from '../process-cpu.ts'
import { joinRequest, postRequest } from '../requests.ts'
import type { Shop, Visit } from './shop.ts'

const CONNECTIONS = 32
const STEP_MS_MAX = 120_000
// Events of the last requests are still on their way through Kafka; their costs belong to the step.
const TAIL_MS = 1_000

const joined = z.object({ data: z.object({ token: z.string() }) })

/** A step of a sale and its answers, in the order of the requests. */
export interface MeasuredStep {
  round: Round
  bodies: readonly string[]
}

/**
 * Sends these requests and measures what they cost. `settle` waits for what the requests have begun and not ended; the
 * time until then counts.
 */
export async function measureStep(
  load: LoadProcess,
  shop: Shop,
  requests: readonly string[],
  expectedStatus: number,
  settle?: () => Promise<void>,
): Promise<MeasuredStep> {
  const before = readCpuMs(shop.stack.pids)
  const beganAt = performance.now()
  const { answered, elapsedMs, latenciesMs, bodies } = await sendAll(load, shop, requests, expectedStatus)
  await settle?.()
  const settledMs = settle === undefined ? elapsedMs : performance.now() - beganAt
  await delay(TAIL_MS)
  const after = readCpuMs(shop.stack.pids)
  const cpuMs = new Map([...after].map(([name, ms]) => [name, ms - (before.get(name) ?? 0)]))
  return { round: { answered, elapsedMs: settledMs, latenciesMs, cpuMs }, bodies }
}

/** Sends these requests and throws where one is not answered, or with another status. */
async function sendAll(
  load: LoadProcess,
  shop: Shop,
  requests: readonly string[],
  expectedStatus: number,
): Promise<LoadResult> {
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

/** Lets these people join the line; returns their queue tokens in their order. */
export async function joinAll(load: LoadProcess, shop: Shop, people: readonly Visit[]): Promise<string[]> {
  return tokensOf((await sendAll(load, shop, people.map(join), 200)).bodies)
}

export function join({ scheduleId, bearerToken }: Visit): string {
  return joinRequest(scheduleId, bearerToken)
}

export function tokensOf(bodies: readonly string[]): string[] {
  return bodies.map((body) => joined.parse(JSON.parse(body)).data.token)
}

export function headersOf(step: string, one: Visit | undefined): Record<string, string> {
  if (one === undefined) throw new Error('a request without a buyer')
  return { Authorization: `Bearer ${one.bearerToken}`, 'Idempotency-Key': `${step}-${one.userId}` }
}

/** A hold by somebody with this queue token. `wish` says which seats, in the words of the API; the path is below /api/v1. */
export function holdRequest(
  path: string,
  one: Visit,
  queueToken: string | undefined,
  wish: Readonly<Record<string, unknown>>,
  headers: Readonly<Record<string, string>> = {},
): string {
  return postRequest(
    path,
    { ...headersOf('hold', one), 'Queue-Token': queueToken ?? '', ...headers },
    { scheduleId: one.scheduleId, ...wish },
  )
}
