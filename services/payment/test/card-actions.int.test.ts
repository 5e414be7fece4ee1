import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { createSimulatedCardProvider } from '@frontrow/card-provider/simulated-card-provider'
import { topics } from '@frontrow/proto/topics'
import { eventually } from '@frontrow/test-kit/eventually'
import { willing } from './participants.ts'
import { SHORT_WAITS, startPayingService } from './paying-service.ts'
import type { PayingService } from './paying-service.ts'

let service: PayingService
const cancelled: string[] = []
/** Whether the owners of cards have taken the step that they were asked for. */
let isStepTaken = false

beforeAll(async () => {
  const simulator = createSimulatedCardProvider({ lateMs: 5_000 })
  service = await startPayingService({ ...SHORT_WAITS, PAYMENT_WAIT_MS: '30000' }, 0, {
    ...simulator,
    captureInteractively: (request) =>
      simulator.captureInteractively(isStepTaken ? request : { ...request, cardToken: 'tok_action_never' }),
    cancel(request) {
      cancelled.push(request.reference)
      return simulator.cancel(request)
    },
  })
})

afterAll(() => service.stop())

beforeEach(() => {
  isStepTaken = false
  service.participants.answer = willing
  service.participants.commands.length = 0
  cancelled.length = 0
})

const see = (paymentId: string | undefined, userId: string) =>
  service.send('GET', `/payments/${paymentId}`, userId)

async function waitFor(paymentId: string | undefined, userId: string, expected: object): Promise<void> {
  await eventually(async () => {
    const { body } = await see(paymentId, userId)
    expect(body.data).toMatchObject(expected)
  })
}

/** The hold's deadline, as the saga knows it, has come. */
async function comesToItsDeadline(paymentId: string | undefined): Promise<void> {
  const text = 'UPDATE purchase_sagas SET deadline_at = now() WHERE payment_id = $1'
  expect((await service.pool.query(text, [paymentId])).rowCount).toBe(1)
}

test('a card that needs a step: its owner is told what to do and until when, nobody else is, and then the payment ends', async () => {
  const expiresAtMs = Date.now() + 200_000
  const key = randomUUID()
  const reservationId = service.hold('101', { expiresAtMs })
  const answer = await service.pay('101', reservationId, { card: 'tok_action', key })
  const nextAction = {
    type: 'use_provider_sdk',
    provider: 'simulator',
    clientSecret: expect.stringMatching(/^sim_[0-9a-f]{24}_secret$/),
    until: new Date(expiresAtMs).toISOString(),
  }
  expect([answer.status, answer.body.data]).toMatchObject([202, { status: 'PENDING', nextAction }])
  expect(answer.body.data).not.toHaveProperty('estimatedWaitSeconds')
  const paymentId = answer.body.data?.paymentId
  expect(answer.location).toBe(`/api/v1/payments/${paymentId}`)
  const [own, admins] = [await see(paymentId, '101'), await see(paymentId, 'admin')]
  expect(own.body.data).toMatchObject({ status: 'PENDING', nextAction })
  expect(admins.body.data).toMatchObject({ status: 'PENDING', providerNotices: [] })
  expect(admins.body.data).not.toHaveProperty('nextAction')
  expect(own.body.data).not.toHaveProperty('providerNotices')
  const again = await service.pay('101', reservationId, { card: 'tok_action', key })
  expect([again.status, again.body.data]).toMatchObject([202, { paymentId, nextAction }])
  isStepTaken = true
  await waitFor(paymentId, '101', { status: 'APPROVED' })
  const paid = await see(paymentId, '101')
  expect(paid.body.data).not.toHaveProperty('nextAction')
  expect(paid.body.data?.steps.map(({ message }) => message)).toEqual([
    'CardActionRequired',
    'CardCaptured',
    'ReservationConfirmed',
  ])
  const { rows } = await service.pool.query(
    'SELECT status, next_action, waits_until, due_at, lane FROM card_captures WHERE payment_id = $1',
    [paymentId],
  )
  expect(rows).toEqual([
    { status: 'CAPTURED', next_action: null, waits_until: null, due_at: null, lane: null },
  ])
})

test('a card whose owner fails the step is declined', async () => {
  const answer = await service.pay('102', service.hold('102'), { card: 'tok_action_declined' })
  expect(answer.status).toBe(202)
  isStepTaken = true
  await waitFor(answer.body.data?.paymentId, '102', { status: 'FAILED', reason: 'the step was not taken' })
})

test('when the hold runs out the step is cancelled at the provider, and nothing was taken', async () => {
  const reservationId = service.hold('103')
  const key = randomUUID()
  const answer = await service.pay('103', reservationId, { card: 'tok_action_never', key })
  expect(answer.status).toBe(202)
  const paymentId = answer.body.data?.paymentId
  const known = service.participants.reservations.get(reservationId)
  service.participants.reservations.set(reservationId, { ...known, expiresAtMs: Date.now() - 1 })
  await comesToItsDeadline(paymentId)
  await waitFor(paymentId, '103', { status: 'FAILED', reason: 'RESERVATION_EXPIRED' })
  expect(cancelled).toHaveLength(1)
  const { rows } = await service.pool.query(
    'SELECT status, card_token, lane FROM card_captures WHERE payment_id = $1',
    [paymentId],
  )
  expect(rows).toEqual([{ status: 'VOIDED', card_token: null, lane: null }])
  const again = await service.pay('103', reservationId, { card: 'tok_action_never', key })
  expect([again.status, again.body.error?.code]).toEqual([409, 'RESERVATION_EXPIRED'])
  expect(again.body.error?.message).not.toContain('given back')
})

test.each(['USER_CANCELLED', 'SCHEDULE_CANCELLED'])(
  'when the hold is cancelled (%s) the step is cancelled at the provider at once, and nothing was taken',
  async (reason) => {
    const reservationId = service.hold('107')
    const answer = await service.pay('107', reservationId, { card: 'tok_action_never' })
    expect(answer.status).toBe(202)
    const { paymentId } = answer.body.data ?? {}
    const news = { reservationId, userId: '107', scheduleId: 42, seatIds: [7], paymentId: null, reason }
    await service.participants.publish(topics.reservationEvents, reservationId, 'ReservationCancelled', news)
    await waitFor(paymentId, '107', {
      status: 'FAILED',
      reason,
      failure: { code: 'RESERVATION_NOT_PAYABLE', moneyMoved: false },
    })
    expect(cancelled).toHaveLength(1)
    expect((await see(paymentId, '107')).body.data).not.toHaveProperty('nextAction')
  },
)

test('a hold that is refreshed meanwhile gives the owner of the card as much longer', async () => {
  const reservationId = service.hold('104')
  const answer = await service.pay('104', reservationId, { card: 'tok_action_never' })
  const known = service.participants.reservations.get(reservationId)
  const until = new Date(Date.now() + 600_000)
  service.participants.reservations.set(reservationId, { ...known, expiresAtMs: until.getTime() })
  const paymentId = answer.body.data?.paymentId
  // The end that is known has nearly come, so it is asked for again.
  await service.pool.query('UPDATE card_captures SET waits_until = now() WHERE payment_id = $1', [paymentId])
  await waitFor(paymentId, '104', { status: 'PENDING', nextAction: { until: until.toISOString() } })
  const { rows } = await service.pool.query(
    'SELECT state, deadline_at FROM purchase_sagas WHERE payment_id = $1',
    [paymentId],
  )
  expect(rows).toEqual([{ state: 'AWAITING_ACTION', deadline_at: until }])
})

test('a step that is taken when the seats are gone is given back', async () => {
  service.participants.answer = (command) => ({
    type: 'ReservationConfirmRefused',
    payload: { ...command.value, reason: 'RESERVATION_CANCELLED' },
  })
  const answer = await service.pay('105', service.hold('105'), { card: 'tok_action' })
  expect(answer.status).toBe(202)
  isStepTaken = true
  await waitFor(answer.body.data?.paymentId, '105', { status: 'REFUNDED', reason: 'RESERVATION_CANCELLED' })
})

test('a payment of a hold that has just run out is given up at once', async () => {
  const reservationId = service.hold('106')
  const known = service.participants.reservations.get(reservationId)
  const first = service.pay('106', reservationId, { card: 'tok_action_never' })
  service.participants.reservations.set(reservationId, { ...known, expiresAtMs: Date.now() - 1 })
  await waitFor((await first).body.data?.paymentId, '106', {
    status: 'FAILED',
    reason: 'RESERVATION_EXPIRED',
  })
})
