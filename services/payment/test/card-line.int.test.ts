import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createSimulatedCardProvider } from '@frontrow/card-provider/simulated-card-provider'
import { eventually } from '@frontrow/test-kit/eventually'
import { SHORT_WAITS, startPayingService } from './paying-service.ts'
import type { PayingService } from './paying-service.ts'

// Four slots and 500 ms a call: 8 captures a second.
const SLOTS = 4
const CALL_MS = 500
const DELAY_MAX_MS = 1_500
const TIMEOUT_MS = 1_000
const OFFERED_PER_SECOND = 25
const SECONDS = 6

let service: PayingService

beforeAll(async () => {
  const simulator = createSimulatedCardProvider({ lateMs: 0 })
  const settings = {
    ...SHORT_WAITS,
    PAYMENT_WAIT_MS: '300',
    PAYMENT_DELAY_MAX_MS: String(DELAY_MAX_MS),
    CARD_TIMEOUT_MS: String(TIMEOUT_MS),
    CARD_CAPTURES_MAX: String(SLOTS),
  }
  service = await startPayingService(settings, 0, {
    ...simulator,
    async captureInteractively(request) {
      await delay(CALL_MS, undefined, { signal: request.signal })
      return simulator.captureInteractively(request)
    },
  })
}, 60_000)

afterAll(() => service.stop())

interface Seen {
  atMs: number
  answer: Awaited<ReturnType<PayingService['pay']>>
}

test('with more cards than there are slots for, buyers are told how long it takes, and past the bound to come again; all that were taken are paid', async () => {
  const seen: Promise<Seen>[] = []
  const began = performance.now()
  while (performance.now() - began < SECONDS * 1_000) {
    const due = Math.floor(((performance.now() - began) / 1_000) * OFFERED_PER_SECOND)
    while (seen.length < due) {
      const paying = service.pay('101', service.hold('101'), { card: 'tok_approved' })
      seen.push(paying.then((answer) => ({ atMs: performance.now(), answer })))
    }
    // The load's own pace.
    await delay(10)
  }
  const all = await Promise.all(seen)
  const taken = all.filter(({ answer }) => answer.status === 202)
  const refused = all.filter(({ answer }) => answer.status === 503)
  expect(taken.length + refused.length).toBe(all.length)
  expect(refused.length).toBeGreaterThan(all.length / 3)
  for (const { answer } of refused) {
    expect(answer.body.error?.code).toBe('UNAVAILABLE')
    expect(Number(answer.retryAfter)).toBeGreaterThanOrEqual(1)
  }
  // No slot was idle.
  expect(taken.length).toBeGreaterThan(((SECONDS * 1_000) / CALL_MS) * SLOTS * 0.7)
  await eventually(
    async () => {
      const { rows } = await service.pool.query<{ status: string; count: number }>(
        'SELECT status, count(*)::int AS count FROM payments GROUP BY status',
      )
      expect(rows).toEqual([{ status: 'APPROVED', count: taken.length }])
    },
    { withinMs: 15_000 },
  )
  const { rows: paid } = await service.pool.query<{ payment_id: string; took: number }>(
    `SELECT payment_id, extract(epoch FROM paid_at - created_at)::float8 * 1000 AS took FROM payments`,
  )
  const tookOf = new Map(paid.map(({ payment_id: paymentId, took }) => [paymentId, took]))
  // Who is let in waits no longer than was said, and than is allowed; the queue was seen up to 250 ms late.
  const limitMs = DELAY_MAX_MS + TIMEOUT_MS + 1_500
  const tooLong = [...tookOf.values()].filter((took) => took > limitMs)
  expect(tooLong).toEqual([])
  const told = taken.map(({ answer }) => ({
    saidMs: (answer.body.data?.estimatedWaitSeconds ?? 0) * 1_000,
    tookMs: (tookOf.get(answer.body.data?.paymentId ?? '') ?? 0) - 300,
  }))
  const wrong = told.filter(({ saidMs, tookMs }) => Math.abs(saidMs - tookMs) > 2_000)
  expect(wrong.length).toBeLessThan(told.length / 10)
}, 60_000)
