import { topics } from '@frontrow/proto/topics'
import { eventually } from '@frontrow/test-kit/eventually'
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { willing } from './participants.ts'
import { startPayingService } from './paying-service.ts'
import type { PayingService } from './paying-service.ts'

let service: PayingService

beforeAll(async () => {
  service = await startPayingService()
})

afterAll(() => service.stop())

beforeEach(() => {
  service.participants.answer = willing
  service.participants.facts = []
})

const metric = async (name: string): Promise<number> => {
  const line = (await service.metrics()).split('\n').find((one) => one.startsWith(`${name}{`))
  return Number(line?.split(' ').at(-1))
}

const audit = async () => {
  const answer = await service.send('GET', '/admin/audit', 'admin')
  return Object(answer.body.data)
}

async function paid(userId: string): Promise<{ reservationId: string; paymentId: string }> {
  const reservationId = service.hold(userId)
  const answer = await service.pay(userId, reservationId)
  return { reservationId, paymentId: String(answer.body.data?.paymentId) }
}

test('money that waits for its way back shows in the metrics with its age, and no longer once it is back', async () => {
  const { reservationId, paymentId } = await paid('801')
  expect(await metric('money_without_ticket_payments')).toBe(0)
  expect(await metric('money_without_ticket_oldest_seconds')).toBe(0)
  service.participants.answer = (command) => (command.type === 'RefundWallet' ? null : willing(command))
  const news = {
    reservationId,
    userId: '801',
    scheduleId: 42,
    seatIds: [7],
    paymentId,
    reason: 'USER_CANCELLED',
  }
  await service.participants.publish(topics.reservationEvents, reservationId, 'ReservationCancelled', news)
  await eventually(async () => {
    expect(await metric('money_without_ticket_payments')).toBe(1)
    expect(await metric('money_without_ticket_oldest_seconds')).toBeGreaterThan(0.5)
  })
  service.participants.answer = willing
  await eventually(async () => {
    expect(await metric('money_without_ticket_payments')).toBe(0)
    expect(await metric('money_without_ticket_oldest_seconds')).toBe(0)
  })
})

test('the audit shows whose money is held without a ticket, and since when', async () => {
  expect((await audit()).moneyWithoutTicket).toEqual({ payments: 0, oldestSeconds: null, longest: [] })
  const { reservationId, paymentId } = await paid('802')
  const cancelledAtMs = Date.now() - 60_000
  const fact = { paymentId, reservationId, amount: 120_000, debited: 120_000, debitCount: 1 }
  service.participants.facts = [{ ...fact, status: 'CANCELLED', cancelledAtMs }]
  const { holds, moneyWithoutTicket } = await audit()
  expect(holds).toBe(false)
  expect(moneyWithoutTicket).toEqual({
    payments: 1,
    oldestSeconds: expect.any(Number),
    longest: [{ paymentId, sagaState: 'APPROVED', since: new Date(cancelledAtMs).toISOString() }],
  })
  expect(moneyWithoutTicket.oldestSeconds).toBeGreaterThanOrEqual(60)
})
