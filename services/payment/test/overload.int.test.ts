import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { eventually } from '@frontrow/test-kit/eventually'
import { tokenFor } from '@frontrow/test-kit/test-environment'
import { startPayingService } from './paying-service.ts'
import type { PayingService } from './paying-service.ts'

// The wallet and the reservations take this long for a command each, one after the other: 8 payments a second.
const COMMAND_MS = 120
const OFFERED_PER_SECOND = 25
const SECONDS = 16
const DELAY_MAX_MS = 1_000

let service: PayingService
let token: string

beforeAll(async () => {
  token = await tokenFor('101')
  service = await startPayingService({ PAYMENT_DELAY_MAX_MS: String(DELAY_MAX_MS) }, COMMAND_MS)
})

afterAll(() => service.stop())

interface Answered {
  sentAtMs: number
  key: string
  reservationId: string
  status: number
  replayed: string | null
  retryAfter: string | null
  tookMs: number
  body: { data?: { paymentId: string }; error?: { code: string; message: string } }
}

async function pay(
  key: string = randomUUID(),
  reservationId: string = service.hold('101'),
): Promise<Answered> {
  const began = performance.now()
  const response = await fetch(`${service.url}/api/v1/payments`, {
    method: 'POST',
    headers: {
      Authorization: `Bearer ${token}`,
      'Content-Type': 'application/json',
      'Idempotency-Key': key,
    },
    body: JSON.stringify({ reservationId, paymentMethod: 'BALANCE' }),
    signal: AbortSignal.timeout(60_000),
  })
  const body: Answered['body'] = JSON.parse(await response.text())
  return {
    sentAtMs: began,
    key,
    reservationId,
    status: response.status,
    replayed: response.headers.get('idempotency-replayed'),
    retryAfter: response.headers.get('retry-after'),
    tookMs: performance.now() - began,
    body,
  }
}

test('three times more payments than the system takes: some are taken in time, the others refused at once, and soon all is normal', async () => {
  const answers: Promise<Answered>[] = []
  const repeats: Promise<Answered>[] = []
  let paid: Answered | undefined
  const began = performance.now()
  while (answers.length < SECONDS * OFFERED_PER_SECOND) {
    answers.push(
      pay().then((answer) => {
        if (answer.status === 201) paid = answer
        return answer
      }),
    )
    // A client that has paid asks again, whether others are refused now or not.
    if (answers.length % 5 === 0 && paid !== undefined) repeats.push(pay(paid.key, paid.reservationId))
    // The load's own pace, not a wait for something to happen. Where this process is held up, what it has missed is not made up for in one
    // burst.
    await delay(1_000 / OFFERED_PER_SECOND)
  }
  const lastedMs = performance.now() - began
  const all = await Promise.all(answers)
  const of = (status: number): Answered[] => all.filter((answer) => answer.status === status)
  const begun = [...of(201), ...of(202)]
  const why = 'payments are taken more slowly than they come'
  const refused = of(503).filter(({ body }) => body.error?.message.includes(why) === true)
  // A busy machine may have no answer for one or another in time, and says so.
  const others = all.filter((answer) => !begun.includes(answer) && !refused.includes(answer))
  expect(others.filter(({ status }) => status !== 503 && status !== 504)).toEqual([])
  expect(others.length).toBeLessThan(all.length / 10)

  // Each of the others knows why, and when to come again; nothing of it was taken.
  expect(refused.length).toBeGreaterThan(all.length / 4)
  for (const { body, retryAfter } of refused) {
    expect(body.error?.code).toBe('UNAVAILABLE')
    expect(Number(retryAfter)).toBeGreaterThanOrEqual(1)
  }
  const tookMs = refused.map((answer) => answer.tookMs).toSorted((a, b) => a - b)
  // Whoever is not refused at once waits for five seconds.
  expect(tookMs[Math.floor(tookMs.length / 2)]).toBeLessThan(3_000)
  const { rows } = await service.pool.query<{ key: string }>(
    'SELECT idempotency_key AS key FROM payment_requests JOIN payments USING (payment_id)',
  )
  const stored = new Set(rows.map(({ key }) => key))
  expect(refused.filter(({ key }) => stored.has(key))).toEqual([])
  expect(begun.filter(({ key }) => !stored.has(key))).toEqual([])

  // What the system can do, it does, and in time; a quarter of it also where other programs use this machine.
  const capacity = lastedMs / COMMAND_MS
  expect(begun.length).toBeGreaterThan(capacity * 0.25)
  // Before anything had settled, nobody could know. Later, who is let in is answered in time.
  const later = begun.filter(({ sentAtMs }) => sentAtMs - began > lastedMs / 2)
  expect(later.length).toBeGreaterThan(0)
  expect(later.filter(({ status }) => status !== 201).length).toBeLessThan(later.length / 5)

  // Who has begun is never refused.
  const repeated = await Promise.all(repeats)
  expect(repeated.length).toBeGreaterThan(all.length / 10)
  const replayed = repeated.filter((answer) => answer.status === 201 && answer.replayed === 'true')
  const unanswered = repeated.filter(
    ({ status, body }) => status === 504 || (status === 503 && body.error?.message.includes(why) !== true),
  )
  expect(repeated.length - replayed.length - unanswered.length).toBe(0)
  expect(unanswered.length).toBeLessThan(repeated.length / 10)

  await eventually(async () => {
    const after = await pay()
    expect(after.status).toBe(201)
    expect(after.tookMs).toBeLessThan(DELAY_MAX_MS)
  })
})
