import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { topics } from '@frontrow/proto/topics'
import { eventually } from '@frontrow/test-kit/eventually'
import { willing } from './participants.ts'
import type { Answer } from './participants.ts'
import { SEATS, numberOf, startPayingService } from './paying-service.ts'
import type { PayingService } from './paying-service.ts'

let service: PayingService

beforeAll(async () => {
  service = await startPayingService()
})

afterAll(() => service.stop())

beforeEach(() => {
  service.participants.answer = willing
  service.participants.isAway = false
  service.participants.commands.length = 0
})

/** Everything says yes, but these. */
const but =
  (replies: Record<string, { type: string; reason: string } | null>): Answer =>
  (command) => {
    const reply = replies[command.type]
    if (reply === null) return null
    return reply === undefined
      ? willing(command)
      : { type: reply.type, payload: { ...command.value, reason: reply.reason } }
  }
const broke = but({ DebitWallet: { type: 'WalletDebitRefused', reason: 'INSUFFICIENT_BALANCE' } })
const tooLate = { ConfirmReservation: { type: 'ReservationConfirmRefused', reason: 'RESERVATION_EXPIRED' } }

/** The reservation is in another status from now on. */
function become(reservationId: string, status: string): void {
  const known = service.participants.reservations.get(reservationId)
  service.participants.reservations.set(reservationId, { ...known, status })
}

const look = async (userId: string, paymentId: unknown) =>
  (await service.send('GET', `/payments/${String(paymentId)}`, userId)).body.data

async function cancel(
  userId: string,
  reservationId: string,
  paymentId: unknown,
  reason: string,
): Promise<void> {
  become(reservationId, 'CANCELLED')
  const news = { reservationId, userId, scheduleId: 42, seatIds: [7], paymentId, reason }
  await service.participants.publish(topics.reservationEvents, reservationId, 'ReservationCancelled', news)
  await eventually(async () => expect(await look(userId, paymentId)).toMatchObject({ status: 'REFUNDED' }))
}

describe('the reservation of a payment', () => {
  const shown = (reservationId: string, status: string | null) => ({
    reservationId,
    reservationNumber: numberOf(reservationId),
    status,
    seats: SEATS,
  })

  test('is shown with its number and seats when it is paid, and a repeat is answered so whatever became of it', async () => {
    const reservationId = service.hold('601')
    const key = randomUUID()
    const paid = await service.pay('601', reservationId, { key })
    expect([paid.status, paid.body.data?.reservation]).toEqual([201, shown(reservationId, 'CONFIRMED')])
    await cancel('601', reservationId, paid.body.data?.paymentId, 'USER_CANCELLED')
    service.participants.isAway = true
    const again = await service.pay('601', reservationId, { key })
    expect([again.status, again.replayed, again.body]).toEqual([201, 'true', paid.body])
  })

  test('is shown as it is now, whatever became of the payment', async () => {
    service.participants.answer = broke
    const reservationId = service.hold('602')
    const failed = await service.pay('602', reservationId)
    const paymentId = failed.body.error?.details.paymentId
    for (const status of ['HOLD', 'EXPIRED', 'CANCELLED']) {
      become(reservationId, status)
      expect(await look('602', paymentId)).toMatchObject({
        status: 'FAILED',
        reservation: shown(reservationId, status),
      })
    }
  })

  test('of a refund says what it is, and not what a refund makes one think', async () => {
    service.participants.answer = but(tooLate)
    const reservationId = service.hold('603')
    const refunded = await service.pay('603', reservationId)
    become(reservationId, 'EXPIRED')
    expect(await look('603', refunded.body.error?.details.paymentId)).toMatchObject({
      status: 'REFUNDED',
      reservation: shown(reservationId, 'EXPIRED'),
    })
  })

  test('has no status while the reservations can not be asked; all else is shown', async () => {
    const reservationId = service.hold('604')
    const paid = await service.pay('604', reservationId)
    service.participants.isAway = true
    expect(await look('604', paid.body.data?.paymentId)).toMatchObject({
      status: 'APPROVED',
      reservation: shown(reservationId, null),
    })
  })

  test('of a payment that takes longer is asked for when it is answered', async () => {
    service.participants.answer = () => null
    const reservationId = service.hold('605')
    const key = randomUUID()
    const slow = await service.pay('605', reservationId, { key })
    expect([slow.status, slow.body.data?.reservation]).toEqual([202, shown(reservationId, 'HOLD')])
    become(reservationId, 'EXPIRED')
    const again = await service.pay('605', reservationId, { key })
    expect([again.status, again.body.data?.reservation]).toEqual([202, shown(reservationId, 'EXPIRED')])
  })
})

describe('a payment without a ticket', () => {
  test('says why in a code and a sentence, and that nothing was taken, alike in both answers', async () => {
    service.participants.answer = broke
    const failed = await service.pay('611', service.hold('611'))
    const told = {
      code: 'INSUFFICIENT_BALANCE',
      message: 'the wallet holds less than the amount; nothing was taken',
    }
    const { code, message, details } = failed.body.error ?? {}
    expect([failed.status, { code, message }]).toEqual([402, told])
    expect(details).toMatchObject({ reason: 'INSUFFICIENT_BALANCE', status: 'FAILED', moneyMoved: false })
    const one = await look('611', details?.paymentId)
    const failure = { ...told, reason: 'INSUFFICIENT_BALANCE', moneyMoved: false, refund: null }
    expect(one?.failure).toEqual(failure)
  })

  test('says that the money is on its way back, and then that it is back', async () => {
    service.participants.answer = but({ ...tooLate, RefundWallet: null })
    const reservationId = service.hold('612')
    const key = randomUUID()
    const slow = await service.pay('612', reservationId, { key })
    const failure = { code: 'RESERVATION_EXPIRED', reason: 'RESERVATION_EXPIRED', moneyMoved: true }
    const pending = await look('612', slow.body.data?.paymentId)
    expect([slow.status, pending?.status]).toEqual([202, 'PENDING'])
    expect(pending?.failure).toEqual({
      ...failure,
      refund: 'PENDING',
      message: 'the hold ran out while paying; the money is being given back',
    })
    service.participants.answer = but(tooLate)
    const ended = await service.pay('612', reservationId, { key })
    const message = 'the hold ran out while paying; the money was given back'
    expect([ended.status, ended.body.error]).toMatchObject([
      409,
      { code: failure.code, message, details: { moneyMoved: true, status: 'REFUNDED' } },
    ])
    const refunded = await look('612', slow.body.data?.paymentId)
    expect(refunded?.failure).toEqual({ ...failure, refund: 'REFUNDED', message })
  })

  test.each([
    ['USER_CANCELLED', 'RESERVATION_CANCELLED', 'the reservation was cancelled; the money was given back'],
    ['SCHEDULE_CANCELLED', 'SCHEDULE_CANCELLED', 'the show is cancelled; the money was given back'],
  ])('that had one and lost it (%s) says so', async (reason, code, message) => {
    const reservationId = service.hold('613')
    const paid = await service.pay('613', reservationId)
    expect((await look('613', paid.body.data?.paymentId))?.failure).toBeNull()
    await cancel('613', reservationId, paid.body.data?.paymentId, reason)
    expect((await look('613', paid.body.data?.paymentId))?.failure).toEqual({
      code,
      message,
      reason,
      moneyMoved: true,
      refund: 'REFUNDED',
    })
  })
})

describe('the amount that the buyer saw', () => {
  test('is what is paid, or nothing is taken, and both amounts are told', async () => {
    const reservationId = service.hold('621')
    const refused = await service.pay('621', reservationId, { body: { amount: 119_999 } })
    expect([refused.status, refused.body.error]).toMatchObject([
      409,
      { code: 'AMOUNT_CHANGED', details: { field: 'amount', seen: 119_999, now: 120_000 } },
    ])
    expect(service.sent('DebitWallet')).toHaveLength(0)
    const paid = await service.pay('621', reservationId, { body: { amount: 120_000 } })
    expect(paid.status).toBe(201)
  })

  test('belongs to the request: another one under its key is 422', async () => {
    const key = randomUUID()
    const reservationId = service.hold('622')
    await service.pay('622', reservationId, { key, body: { amount: 120_000 } })
    const other = await service.pay('622', reservationId, { key })
    expect([other.status, other.body.error?.code]).toEqual([422, 'IDEMPOTENCY_KEY_REUSED'])
  })

  test.each([-1, 1.5, '120000', null])('%p is 400 and names the field', async (amount) => {
    const refused = await service.pay('623', service.hold('623'), { body: { amount } })
    expect([refused.status, refused.body.error?.details[0]?.field]).toEqual([400, 'amount'])
  })
})
