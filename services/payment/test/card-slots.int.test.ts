import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { InteractiveCardProvider } from '@frontrow/card-provider/card-provider'
import { createSimulatedCardProvider } from '@frontrow/card-provider/simulated-card-provider'
import { eventually } from '@frontrow/test-kit/eventually'
import { willing } from './participants.ts'
import { SHORT_WAITS, startPayingService } from './paying-service.ts'
import type { PayingService } from './paying-service.ts'

const CARD_TIMEOUT_MS = 2_000
const HANGING = 48
// A payment by card takes some 50 ms here.
const NORMAL_MS = 1_200

/** How often the provider was called for each hanging card. */
const asked = new Map<string, number>()
const simulator = createSimulatedCardProvider({ lateMs: 0 })
/** Never answers for tok_hang; each call runs into its own time-out. */
const slow: InteractiveCardProvider = {
  ...simulator,
  async captureInteractively(request) {
    if (request.cardToken !== 'tok_hang') return simulator.captureInteractively(request)
    asked.set(request.idempotencyKey, (asked.get(request.idempotencyKey) ?? 0) + 1)
    await delay(60_000, undefined, { signal: request.signal })
    throw new Error('it answered')
  },
}

let service: PayingService

beforeAll(async () => {
  const settings = { ...SHORT_WAITS, CARD_TIMEOUT_MS: String(CARD_TIMEOUT_MS) }
  service = await startPayingService(settings, 0, slow)
})

afterAll(() => service.stop())

test('captures that hang, and their repeats, keep no good card waiting and no refund', async () => {
  service.participants.answer = (command) =>
    command.type === 'ConfirmReservation' && command.value.userId === 'late'
      ? { type: 'ReservationConfirmRefused', payload: { ...command.value, reason: 'RESERVATION_CANCELLED' } }
      : willing(command)
  const hanging = Array.from({ length: HANGING }, async () =>
    service.pay('slow', service.hold('slow'), { card: 'tok_hang' }),
  )
  await eventually(async () => expect(asked.size).toBe(HANGING))
  const times: Record<'good' | 'refund', number[]> = { good: [], refund: [] }
  const timed = async (kind: 'good' | 'refund', userId: string, status: number): Promise<void> => {
    const began = performance.now()
    const answer = await service.pay(userId, service.hold(userId), { card: 'tok_approved' })
    times[kind].push(performance.now() - began)
    expect(answer.status).toBe(status)
  }
  // Until the repeats hang as well.
  const isRepeated = (): boolean => [...asked.values()].filter((count) => count > 1).length >= HANGING / 3
  while (!isRepeated() || times.good.length < 30) {
    await Promise.all([timed('good', 'good', 201), timed('refund', 'late', 422)])
    // The load's own pace.
    await delay(50)
  }
  // Two of three: a program that takes the machine for a moment delays some, and captures that hang would delay most.
  for (const ofKind of [times.good, times.refund]) {
    expect(ofKind.filter((ms) => ms >= NORMAL_MS).length).toBeLessThan(ofKind.length / 3)
  }
  const answers = await Promise.all(hanging)
  expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: HANGING }, () => 202))
  for (const { body } of answers) {
    expect(body.data?.estimatedWaitSeconds).toBeGreaterThanOrEqual(1)
  }
})
