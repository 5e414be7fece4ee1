import { topics } from '@frontrow/proto/topics'
import { eventually } from '@frontrow/test-kit/eventually'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { UNKNOWN_SCHEDULE, willing } from './participants.ts'
import type { Answer } from './participants.ts'
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

async function paid(userId: string, scheduleId = 42): Promise<{ reservationId: string; paymentId: string }> {
  const reservationId = service.hold(userId, { scheduleId })
  const answer = await service.pay(userId, reservationId)
  expect([userId, answer.status]).toEqual([userId, 201])
  return { reservationId, paymentId: String(answer.body.data?.paymentId) }
}

/** Tells that the buyer gave the seats back. */
function cancel(userId: string, scheduleId: number, reservationId: string, paymentId: string): Promise<void> {
  const news = { reservationId, userId, scheduleId, seatIds: [7], paymentId, reason: 'USER_CANCELLED' }
  return service.participants.publish(topics.reservationEvents, reservationId, 'ReservationCancelled', news)
}

/** Everybody is willing, but nobody hears of the commands of this type. */
const silentAbout =
  (type: string): Answer =>
  (command) =>
    command.type === type ? null : willing(command)

test('money that waits for its way back shows in the metrics with its age, and no longer once it is back', async () => {
  const { reservationId, paymentId } = await paid('801')
  expect(await metric('money_without_ticket_payments')).toBe(0)
  expect(await metric('money_without_ticket_oldest_seconds')).toBe(0)
  service.participants.answer = silentAbout('RefundWallet')
  await cancel('801', 42, reservationId, paymentId)
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

describe('GET /admin/schedules/{id}/money', () => {
  const money = (scheduleId: unknown, userId = 'admin') =>
    service.send('GET', `/admin/schedules/${String(scheduleId)}/money`, userId)
  const NONE = { payments: 0, amount: 0 }
  const ONE = { payments: 1, amount: 120_000 }
  const shown = async (scheduleId: number, expected: object): Promise<void> => {
    await eventually(async () => {
      const { status, body } = await money(scheduleId)
      expect([status, body.data]).toEqual([
        200,
        {
          scheduleId,
          taken: 0,
          refunded: 0,
          pending: NONE,
          withoutTicket: { ...NONE, oldestSeconds: null },
          serverTime: expect.stringMatching(/Z$/),
          ...expected,
        },
      ])
    })
  }
  const held = { withoutTicket: { ...ONE, oldestSeconds: expect.any(Number) } }

  test('follows each payment of the schedule from its beginning to the ticket, and on its way back', async () => {
    await shown(51, {})
    await paid('811', 52)
    service.participants.answer = silentAbout('DebitWallet')
    const paying = service.pay('812', service.hold('812', { scheduleId: 51 }))
    await shown(51, { pending: ONE })
    service.participants.answer = silentAbout('ConfirmReservation')
    await shown(51, { pending: ONE, taken: 120_000, ...held })
    await shown(52, { taken: 120_000 })
    service.participants.answer = willing
    await paying
    const { reservationId, paymentId } = await paid('813', 51)
    await shown(51, { taken: 240_000 })
    service.participants.answer = silentAbout('RefundWallet')
    await cancel('813', 51, reservationId, paymentId)
    await shown(51, { taken: 240_000, ...held })
    service.participants.answer = willing
    await shown(51, { taken: 240_000, refunded: 120_000 })
  })

  test('has nothing of a payment whose money was never taken', async () => {
    service.participants.answer = ({ type, value }) =>
      type === 'DebitWallet'
        ? { type: 'WalletDebitRefused', payload: { ...value, reason: 'INSUFFICIENT_BALANCE' } }
        : null
    const refused = await service.pay('814', service.hold('814', { scheduleId: 53 }))
    expect(refused.status).toBe(402)
    await shown(53, {})
  })

  test('is for admins, of a schedule that there is', async () => {
    expect((await money(51, '811')).status).toBe(403)
    const unknown = await money(UNKNOWN_SCHEDULE)
    expect([unknown.status, unknown.body.error?.code]).toEqual([404, 'SCHEDULE_NOT_FOUND'])
    const wrong = await money('0')
    expect([wrong.status, wrong.body.error]).toMatchObject([
      400,
      { code: 'INVALID_REQUEST', details: [{ in: 'path', field: 'scheduleId' }] },
    ])
  })
})
