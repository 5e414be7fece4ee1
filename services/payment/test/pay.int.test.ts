import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { topics } from '@frontrow/proto/topics'
import { eventually } from '@frontrow/test-kit/eventually'
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
  service.participants.commands.length = 0
})

describe('a payment from the wallet', () => {
  test('is APPROVED once the money is taken and the reservation confirmed, and says so to others', async () => {
    const answer = await service.pay('101', service.hold('101'))
    expect(answer.status).toBe(201)
    expect(answer.body.data).toMatchObject({
      status: 'APPROVED',
      amount: 120_000,
      userId: '101',
      reservation: { status: 'CONFIRMED' },
    })
    const one = await service.send('GET', `/payments/${answer.body.data?.paymentId}`, '101')
    expect(one.body.data?.steps.map((step) => step.message)).toEqual([
      'WalletDebited',
      'ReservationConfirmed',
    ])
    const { rows } = await service.pool.query<{ type: string }>(
      `SELECT type FROM outbox WHERE payload->>'paymentId' = $1 ORDER BY id`,
      [answer.body.data?.paymentId],
    )
    expect(rows.map((row) => row.type)).toEqual(['DebitWallet', 'ConfirmReservation', 'PaymentApproved'])
  })

  test('asks for no queue token, and looks at none that is sent', async () => {
    for (const headers of [{}, { 'Queue-Token': 'junk' }, { Cookie: 'tokenId=junk; tokenId_42=junk' }]) {
      const answer = await service.send('POST', '/payments', '105', {
        headers: { ...headers, 'Idempotency-Key': randomUUID() },
        body: JSON.stringify({ reservationId: service.hold('105'), paymentMethod: 'BALANCE' }),
      })
      expect(answer.status).toBe(201)
    }
  })

  test('with Prefer: respond-async is answered as a job when it has begun, and goes on by itself', async () => {
    service.participants.answer = () => null
    const reservationId = service.hold('106')
    const request = {
      headers: { Prefer: 'wait=1, Respond-Async', 'Idempotency-Key': randomUUID() },
      body: JSON.stringify({ reservationId, paymentMethod: 'BALANCE' }),
    }
    const began = performance.now()
    const answer = await service.send('POST', '/payments', '106', request)
    // A request that waits for the end waits for 8 s.
    expect(performance.now() - began).toBeLessThan(8_000)
    const { rows } = await service.pool.query<{ payment_id: string; status: string }>(
      'SELECT payment_id, status FROM payments WHERE reservation_id = $1',
      [reservationId],
    )
    expect(rows).toEqual([{ payment_id: expect.any(String), status: 'PENDING' }])
    const jobId = rows[0]?.payment_id
    const statusEndpoint = `/api/v1/jobs/${jobId}`
    const job = { jobId, position: 1, estimatedWaitSeconds: 1, statusEndpoint }
    expect([answer.status, answer.body.data]).toEqual([202, job])
    expect([answer.location, answer.applied]).toEqual([statusEndpoint, 'respond-async'])
    const again = await service.send('POST', '/payments', '106', request)
    expect([again.status, again.body.data]).toEqual([202, job])
    service.participants.answer = willing
    await eventually(async () => {
      const one = await service.send('GET', `/payments/${jobId}`, '106')
      expect(one.body.data?.status).toBe('APPROVED')
    })
    const paid = await service.send('POST', '/payments', '106', request)
    expect([paid.status, paid.replayed, paid.body.data?.paymentId]).toEqual([201, 'true', jobId])
  })

  test('with Prefer: respond-async what can be refused at once is no payment', async () => {
    const refused = await service.send('POST', '/payments', '107', {
      headers: { Prefer: 'respond-async', 'Idempotency-Key': randomUUID() },
      body: JSON.stringify({
        reservationId: service.hold('107', { status: 'EXPIRED' }),
        paymentMethod: 'BALANCE',
      }),
    })
    expect([refused.status, refused.body.error?.code]).toEqual([409, 'RESERVATION_EXPIRED'])
  })

  test('is 402 when the wallet refuses, and the same again under its key', async () => {
    service.participants.answer = (command) =>
      command.type === 'DebitWallet'
        ? { type: 'WalletDebitRefused', payload: { ...command.value, reason: 'INSUFFICIENT_BALANCE' } }
        : willing(command)
    const reservationId = service.hold('102')
    const key = randomUUID()
    const first = await service.pay('102', reservationId, { key })
    const second = await service.pay('102', reservationId, { key })
    expect([first.status, first.body.error?.code, first.replayed]).toEqual([
      402,
      'INSUFFICIENT_BALANCE',
      null,
    ])
    expect([second.status, second.body.error?.code, second.replayed]).toEqual([
      402,
      'INSUFFICIENT_BALANCE',
      'true',
    ])
    expect(second.body.error?.details).toEqual(first.body.error?.details)
    expect(service.ordered('DebitWallet')).toHaveLength(1)
  })

  test('gives the money back when the hold ran out while paying, and says why', async () => {
    service.participants.answer = (command) =>
      command.type === 'ConfirmReservation'
        ? {
            type: 'ReservationConfirmRefused',
            payload: { ...command.value, reason: 'RESERVATION_EXPIRED' },
          }
        : willing(command)
    const reservationId = service.hold('103')
    const key = randomUUID()
    const answer = await service.pay('103', reservationId, { key })
    expect([answer.status, answer.body.error?.code]).toEqual([409, 'RESERVATION_EXPIRED'])
    expect(answer.body.error?.details).toMatchObject({ status: 'REFUNDED' })
    expect(service.ordered('RefundWallet')).toHaveLength(1)
    const again = await service.pay('103', reservationId, { key })
    expect([again.status, again.replayed, again.body.error?.code]).toEqual([
      409,
      'true',
      'RESERVATION_EXPIRED',
    ])
    expect(again.body.error?.details).toEqual(answer.body.error?.details)
  })

  test('is 202 while nobody answers, is asked again under the same message id, and ends when somebody does', async () => {
    service.participants.answer = () => null
    const reservationId = service.hold('104')
    const key = randomUUID()
    const first = await service.pay('104', reservationId, { key })
    expect([first.status, first.body.data?.status]).toEqual([202, 'PENDING'])
    expect(first.location).toBe(`/api/v1/payments/${first.body.data?.paymentId}`)
    service.participants.answer = willing
    await eventually(async () => {
      const one = await service.send('GET', first.location?.replace('/api/v1', '') ?? '', '104')
      expect(one.body.data?.status).toBe('APPROVED')
    })
    expect(service.sent('DebitWallet').length).toBeGreaterThan(1)
    expect(new Set(service.sent('DebitWallet').map((command) => command.id)).size).toBe(1)
    const again = await service.pay('104', reservationId, { key })
    expect([again.status, again.replayed, again.body.data?.paymentId]).toEqual([
      201,
      'true',
      first.body.data?.paymentId,
    ])
  })
})

describe('a payment by card', () => {
  test('is taken, declined, or taken at the second try', async () => {
    const approved = await service.pay('301', service.hold('301'), { card: 'tok_approved' })
    expect(approved.status).toBe(201)
    const declined = await service.pay('301', service.hold('301'), { card: 'tok_declined' })
    expect([declined.status, declined.body.error?.code]).toEqual([402, 'CARD_DECLINED'])
    const flaky = await service.pay('301', service.hold('301'), { card: 'tok_flaky' })
    expect(flaky.status).toBe(201)
  })

  test('whose provider answers late is found out by asking again under the same key', async () => {
    const answer = await service.pay('302', service.hold('302'), { card: 'tok_timeout' })
    expect([201, 202]).toContain(answer.status)
    await eventually(async () => {
      const one = await service.send('GET', `/payments/${answer.body.data?.paymentId}`, '302')
      expect(one.body.data?.status).toBe('APPROVED')
    })
  })

  test('is given back at the provider when the reservation refuses', async () => {
    service.participants.answer = (command) => ({
      type: 'ReservationConfirmRefused',
      payload: { ...command.value, reason: 'RESERVATION_CANCELLED' },
    })
    const answer = await service.pay('303', service.hold('303'), { card: 'tok_approved' })
    expect([answer.status, answer.body.error?.code]).toEqual([422, 'RESERVATION_NOT_PAYABLE'])
    const { rows } = await service.pool.query(
      'SELECT c.status, card_token FROM card_captures c JOIN payments USING (payment_id) WHERE user_id = $1',
      ['303'],
    )
    expect(rows).toEqual([{ status: 'REFUNDED', card_token: null }])
  })
})

describe('a confirmed reservation that is cancelled', () => {
  test('refunds its payment once, however often the news comes', async () => {
    const reservationId = service.hold('401')
    const key = randomUUID()
    const paid = await service.pay('401', reservationId, { key })
    const news = {
      reservationId,
      userId: '401',
      scheduleId: 42,
      seatIds: [1],
      paymentId: paid.body.data?.paymentId,
      reason: 'USER_CANCELLED',
    }
    const id = randomUUID()
    await service.participants.publish(
      topics.reservationEvents,
      reservationId,
      'ReservationCancelled',
      news,
      id,
    )
    await service.participants.publish(
      topics.reservationEvents,
      reservationId,
      'ReservationCancelled',
      news,
      id,
    )
    await service.participants.publish(topics.reservationEvents, reservationId, 'ReservationCancelled', news)
    await eventually(async () => {
      const one = await service.send('GET', `/payments/${paid.body.data?.paymentId}`, '401')
      expect(one.body.data).toMatchObject({ status: 'REFUNDED', reason: 'USER_CANCELLED' })
    })
    expect(service.ordered('RefundWallet')).toHaveLength(1)
    const again = await service.pay('401', reservationId, { key })
    expect([again.status, again.replayed, again.body]).toEqual([201, 'true', paid.body])
  })
})

describe('refusals', () => {
  test('name the field and the rule, and change nothing', async () => {
    const missingKey = await service.send('POST', '/payments', '501', {
      body: JSON.stringify({ reservationId: randomUUID(), paymentMethod: 'BALANCE' }),
    })
    expect(missingKey.status).toBe(400)
    expect(missingKey.body.error?.details[0]).toMatchObject({ in: 'header', field: 'idempotency-key' })
    const noCard = await service.pay('501', service.hold('501'), { body: { paymentMethod: 'CARD' } })
    expect([noCard.status, noCard.body.error?.details[0]?.field]).toEqual([400, 'card'])
    const card = { token: 'tok_\u0000' }
    const nul = await service.pay('501', service.hold('501'), { body: { paymentMethod: 'CARD', card } })
    expect([nul.status, nul.body.error?.details]).toEqual([
      400,
      [{ in: 'body', field: 'card.token', rule: 'must have no control characters' }],
    ])
    const misspelt = await service.pay('501', service.hold('501'), { body: { ammount: 1 } })
    expect(misspelt.body.error?.code).toBe('INVALID_REQUEST')
    expect(service.sent('DebitWallet')).toHaveLength(0)
  })

  test("somebody else's reservation is 404, somebody else's payment is 404, another userId is 403", async () => {
    const reservationId = service.hold('502')
    const stranger = await service.pay('503', reservationId)
    expect([stranger.status, stranger.body.error?.code]).toEqual([404, 'RESERVATION_NOT_FOUND'])
    const paid = await service.pay('502', reservationId)
    const peek = await service.send('GET', `/payments/${paid.body.data?.paymentId}`, '503')
    expect([peek.status, peek.body.error?.code]).toEqual([404, 'PAYMENT_NOT_FOUND'])
    const other = await service.pay('503', service.hold('502'), { body: { userId: '502' } })
    expect([other.status, other.body.error?.code]).toEqual([403, 'FORBIDDEN'])
  })

  test('what can not be paid for is refused before any money moves', async () => {
    const codes = await Promise.all(
      ['CONFIRMED', 'EXPIRED', 'CANCELLED'].map(async (status) => {
        const answer = await service.pay('504', service.hold('504', { status }))
        return `${answer.status} ${answer.body.error?.code}`
      }),
    )
    expect(codes).toEqual(['409 ALREADY_PAID', '409 RESERVATION_EXPIRED', '422 RESERVATION_NOT_PAYABLE'])
    expect(service.sent('DebitWallet')).toHaveLength(0)
  })

  test('a hold whose show has begun is not paid, and a payment that began before is answered under its key', async () => {
    const reservationId = service.hold('505')
    const key = randomUUID()
    expect((await service.pay('505', reservationId, { key })).status).toBe(201)
    const begun = { notPayable: 'the show has begun' }
    const known = service.participants.reservations.get(reservationId)
    service.participants.reservations.set(reservationId, { ...known, ...begun })
    expect((await service.pay('505', reservationId, { key })).status).toBe(201)
    const debits = service.ordered('DebitWallet').length
    const late = await service.pay('505', service.hold('505', begun))
    expect([late.status, late.body.error?.code, late.body.error?.message]).toEqual([
      422,
      'RESERVATION_NOT_PAYABLE',
      'the show has begun',
    ])
    expect(service.ordered('DebitWallet')).toHaveLength(debits)
  })
})
