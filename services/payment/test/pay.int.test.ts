// oxlint-disable max-lines -- all of these tests share one running service, whose start takes most of their time
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { createPool } from '@frontrow/postgres/pool'
import type { Pool } from '@frontrow/postgres/pool'
import { topics } from '@frontrow/proto/topics'
import { readConfig } from '@frontrow/service-host/config'
import { eventually } from '@frontrow/test-kit/eventually'
import { createTestEnvironment, tokenFor } from '@frontrow/test-kit/test-environment'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'
import { settings } from '../src/config.ts'
import { startPayment } from '../src/start.ts'
import type { RunningService } from '@frontrow/service-host/host'
import { startParticipants, willing } from './participants.ts'
import type { Participants } from './participants.ts'

let environment: TestEnvironment
let participants: Participants
let payment: RunningService
let pool: Pool

beforeAll(async () => {
  environment = await createTestEnvironment()
  participants = await startParticipants(environment)
  const others = Object.fromEntries(
    ['QUEUE_GRPC', 'CATALOG_GRPC', 'RESERVATION_GRPC', 'WALLET_GRPC'].map((name) => [
      name,
      participants.address,
    ]),
  )
  const config = readConfig(settings, {
    ...environment.serviceEnv('payment'),
    ...others,
    PAYMENT_WAIT_MS: '3000',
    SAGA_REPLY_WAIT_MS: '600',
    SAGA_REPLY_WAIT_MAX_MS: '1000',
    SAGA_TAKING_MONEY_ATTEMPTS_MAX: '20',
    SAGA_POLL_MS: '50',
    CARD_TIMEOUT_MS: '300',
    CARD_SIMULATOR_LATE_MS: '5000',
  })
  payment = await startPayment(config, {
    processMetrics: false,
    onFatal: (error) => {
      throw error
    },
  })
  pool = createPool({
    url: environment.databaseUrl('payment'),
    applicationName: 'test',
    max: 2,
    statementTimeoutMs: 5_000,
    onError: () => undefined,
  })
  await eventually(async () => {
    const ready = await fetch(`http://127.0.0.1:${payment.ports.ops}/health/ready`)
    expect(ready.status).toBe(200)
  })
}, 60_000)

afterAll(async () => {
  await payment.lifecycle.stop()
  await participants.stop()
  await pool.end()
  await environment.dispose()
})

beforeEach(() => {
  participants.answer = willing
  participants.commands.length = 0
})

interface Answered {
  status: number
  replayed: string | null
  location: string | null
  body: {
    data?: { paymentId: string; status: string; reason: string | null; steps: { message: string }[] }
    error?: {
      code: string
      details: { paymentId?: string; status?: string; field?: string }[] & { status?: string }
    }
  }
}

async function send(
  method: string,
  path: string,
  userId: string,
  more: { headers?: Record<string, string>; body?: string } = {},
): Promise<Answered> {
  const response = await fetch(`http://127.0.0.1:${payment.ports.http}/api/v1${path}`, {
    method,
    ...more,
    headers: {
      Authorization: `Bearer ${await tokenFor(userId, { admin: userId === 'admin' })}`,
      'Content-Type': 'application/json',
      ...more.headers,
    },
  })
  const body: Answered['body'] = JSON.parse(await response.text())
  return {
    status: response.status,
    replayed: response.headers.get('idempotency-replayed'),
    location: response.headers.get('location'),
    body,
  }
}

function hold(userId: string, change: { status?: string; totalAmount?: number } = {}): string {
  const reservationId = randomUUID()
  participants.reservations.set(reservationId, {
    reservationId,
    userId,
    scheduleId: 42,
    status: 'HOLD',
    totalAmount: 120_000,
    ...change,
  })
  return reservationId
}

function pay(
  userId: string,
  reservationId: string,
  more: { key?: string; card?: string; body?: object } = {},
): Promise<Answered> {
  const method = more.card === undefined ? { paymentMethod: 'BALANCE' } : cardOf(more.card)
  return send('POST', '/payments', userId, {
    headers: { 'Idempotency-Key': more.key ?? randomUUID() },
    body: JSON.stringify({ reservationId, ...method, ...more.body }),
  })
}

const cardOf = (token: string) => ({ paymentMethod: 'CARD', card: { token } })
const sent = (type: string) => participants.commands.filter((command) => command.type === type)

describe('a payment from the wallet', () => {
  test('is APPROVED once the money is taken and the reservation confirmed, and says so to others', async () => {
    const answer = await pay('101', hold('101'))
    expect(answer.status).toBe(201)
    expect(answer.body.data).toMatchObject({
      status: 'APPROVED',
      amount: 120_000,
      userId: '101',
      reservation: { status: 'CONFIRMED' },
    })
    const one = await send('GET', `/payments/${answer.body.data?.paymentId}`, '101')
    expect(one.body.data?.steps.map((step) => step.message)).toEqual([
      'WalletDebited',
      'ReservationConfirmed',
    ])
    const { rows } = await pool.query<{ type: string }>(
      `SELECT type FROM outbox WHERE payload->>'paymentId' = $1 ORDER BY id`,
      [answer.body.data?.paymentId],
    )
    expect(rows.map((row) => row.type)).toEqual(['DebitWallet', 'ConfirmReservation', 'PaymentApproved'])
  })

  test('asks for no queue token, and looks at none that is sent', async () => {
    for (const headers of [{}, { 'Queue-Token': 'junk' }, { Cookie: 'tokenId=junk; tokenId_42=junk' }]) {
      const answer = await send('POST', '/payments', '105', {
        headers: { ...headers, 'Idempotency-Key': randomUUID() },
        body: JSON.stringify({ reservationId: hold('105'), paymentMethod: 'BALANCE' }),
      })
      expect(answer.status).toBe(201)
    }
  })

  test('is 402 when the wallet refuses, and the same again under its key', async () => {
    participants.answer = (command) =>
      command.type === 'DebitWallet'
        ? { type: 'WalletDebitRefused', payload: { ...command.value, reason: 'INSUFFICIENT_BALANCE' } }
        : willing(command)
    const reservationId = hold('102')
    const key = randomUUID()
    const first = await pay('102', reservationId, { key })
    const second = await pay('102', reservationId, { key })
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
    expect(sent('DebitWallet')).toHaveLength(1)
  })

  test('gives the money back when the hold ran out while paying, and says why', async () => {
    participants.answer = (command) =>
      command.type === 'ConfirmReservation'
        ? {
            type: 'ReservationConfirmRefused',
            payload: { ...command.value, reason: 'RESERVATION_EXPIRED' },
          }
        : willing(command)
    const reservationId = hold('103')
    const key = randomUUID()
    const answer = await pay('103', reservationId, { key })
    expect([answer.status, answer.body.error?.code]).toEqual([409, 'RESERVATION_EXPIRED'])
    expect(answer.body.error?.details).toMatchObject({ status: 'REFUNDED' })
    expect(sent('RefundWallet')).toHaveLength(1)
    const again = await pay('103', reservationId, { key })
    expect([again.status, again.replayed, again.body.error?.code]).toEqual([
      409,
      'true',
      'RESERVATION_EXPIRED',
    ])
    expect(again.body.error?.details).toEqual(answer.body.error?.details)
  })

  test('is 202 while nobody answers, is asked again under the same message id, and ends when somebody does', async () => {
    participants.answer = () => null
    const reservationId = hold('104')
    const key = randomUUID()
    const first = await pay('104', reservationId, { key })
    expect([first.status, first.body.data?.status]).toEqual([202, 'PENDING'])
    expect(first.location).toBe(`/api/v1/payments/${first.body.data?.paymentId}`)
    participants.answer = willing
    await eventually(async () => {
      const one = await send('GET', first.location?.replace('/api/v1', '') ?? '', '104')
      expect(one.body.data?.status).toBe('APPROVED')
    })
    expect(sent('DebitWallet').length).toBeGreaterThan(1)
    expect(new Set(sent('DebitWallet').map((command) => command.id)).size).toBe(1)
    const again = await pay('104', reservationId, { key })
    expect([again.status, again.replayed, again.body.data?.paymentId]).toEqual([
      201,
      'true',
      first.body.data?.paymentId,
    ])
  })
})

describe('one effect', () => {
  test('ten payments of one reservation at once: one is paid, nine are 409, one debit is asked for', async () => {
    const reservationId = hold('201')
    const answers = await Promise.all(Array.from({ length: 10 }, () => pay('201', reservationId)))
    expect(answers.filter((answer) => answer.status === 201)).toHaveLength(1)
    expect(answers.filter((answer) => answer.body.error?.code === 'ALREADY_PAID')).toHaveLength(9)
    expect(sent('DebitWallet')).toHaveLength(1)
  })

  test('one key ten times at once: one payment, which all wait for and are answered with', async () => {
    const reservationId = hold('202')
    const key = randomUUID()
    const answers = await Promise.all(Array.from({ length: 10 }, () => pay('202', reservationId, { key })))
    expect(answers.map((answer) => answer.status)).toEqual(Array.from({ length: 10 }, () => 201))
    expect(new Set(answers.map((answer) => JSON.stringify(answer.body.data))).size).toBe(1)
    expect(answers.filter((answer) => answer.replayed === null)).toHaveLength(1)
    expect(sent('DebitWallet')).toHaveLength(1)
    const later = await pay('202', reservationId, { key })
    expect([later.status, later.replayed]).toEqual([201, 'true'])
    expect(later.body).toEqual(answers[0]?.body)
  })

  test('one key with another body is 422 and changes nothing', async () => {
    const key = randomUUID()
    await pay('203', hold('203'), { key })
    const other = await pay('203', hold('203'), { key })
    expect([other.status, other.body.error?.code]).toEqual([422, 'IDEMPOTENCY_KEY_REUSED'])
    expect(sent('DebitWallet')).toHaveLength(1)
  })

  test('one key with two bodies at once: one is paid, the other is 422', async () => {
    const key = randomUUID()
    const answers = await Promise.all([
      pay('204', hold('204'), { key }),
      pay('204', hold('204'), { key }),
      pay('205', hold('205'), { key }),
    ])
    expect(
      answers
        .map((answer) => answer.status)
        .slice(0, 2)
        .toSorted((a, b) => a - b),
    ).toEqual([201, 422])
    expect(answers[2]?.status).toBe(201)
    expect(sent('DebitWallet')).toHaveLength(2)
  })

  test('a repeat while the payment is at work waits for it, and after the wait is 202 and no replay', async () => {
    participants.answer = () => null
    const reservationId = hold('206')
    const key = randomUUID()
    const first = await pay('206', reservationId, { key })
    const second = await pay('206', reservationId, { key })
    expect([second.status, second.replayed, second.body]).toEqual([202, null, first.body])
    const third = pay('206', reservationId, { key })
    participants.answer = willing
    expect(await third).toMatchObject({ status: 201, replayed: 'true' })
    expect((await third).body.data?.paymentId).toBe(first.body.data?.paymentId)
  })

  test('a repeat is answered when the hold has run out, and when the reservations can not be asked', async () => {
    const reservationId = hold('207')
    const key = randomUUID()
    const first = await pay('207', reservationId, { key })
    participants.reservations.set(reservationId, {
      ...participants.reservations.get(reservationId),
      status: 'EXPIRED',
    })
    const late = await pay('207', reservationId, { key })
    participants.reservations.delete(reservationId)
    const later = await pay('207', reservationId, { key })
    expect([late, later]).toMatchObject([
      { status: 201, replayed: 'true' },
      { status: 201, replayed: 'true' },
    ])
    expect([late.body, later.body]).toEqual([first.body, first.body])
  })

  test('payments that begin together each have their own saga, and their command its own trace', async () => {
    const users = Array.from({ length: 20 }, (_, index) => `21${index}`)
    const answers = await Promise.all(
      users.map((userId, index) =>
        send('POST', '/payments', userId, {
          headers: { 'Idempotency-Key': randomUUID(), 'X-Request-Id': `together-${userId}` },
          body: JSON.stringify({
            reservationId: hold(userId),
            ...(index % 4 === 0 ? cardOf('tok_approved') : { paymentMethod: 'BALANCE' }),
          }),
        }),
      ),
    )
    expect(answers.map(({ status }) => status)).toEqual(users.map(() => 201))
    const { rows } = await pool.query<{ user_id: string; request_id: string; type: string }>(
      `SELECT p.user_id, o.request_id, o.type FROM outbox o JOIN payments p ON p.payment_id::text = o.payload->>'paymentId'
       WHERE o.request_id LIKE 'together-%' AND o.type = 'DebitWallet'`,
    )
    expect(rows).toHaveLength(15)
    for (const row of rows) expect(row.request_id).toBe(`together-${row.user_id}`)
  })

  test('a request that can not be stored is refused alone, whoever begins with it', async () => {
    const [bad, ...good] = await Promise.all([
      pay('230', hold('230'), { card: 'tok\u0000' }),
      pay('231', hold('231')),
      pay('232', hold('232'), { card: 'tok_approved' }),
    ])
    expect([bad.status, bad.body.error?.code]).toEqual([400, 'INVALID_REQUEST'])
    expect(good.map(({ status }) => status)).toEqual([201, 201])
  })

  test('what another instance settles is found in the database before the wait ends', async () => {
    participants.answer = () => null
    const answering = pay('240', hold('240'))
    await eventually(async () => {
      const { rowCount } = await pool.query(
        `WITH paid AS (
           UPDATE payments SET status = 'APPROVED', paid_at = now() WHERE user_id = '240' AND status = 'PENDING' RETURNING payment_id)
         UPDATE purchase_sagas SET state = 'APPROVED', deadline_at = NULL WHERE payment_id IN (SELECT payment_id FROM paid)`,
      )
      expect(rowCount).toBe(1)
    })
    expect(await answering).toMatchObject({ status: 201, body: { data: { status: 'APPROVED' } } })
  })
})

describe('a payment by card', () => {
  test('is taken, declined, or taken at the second try', async () => {
    const approved = await pay('301', hold('301'), { card: 'tok_approved' })
    expect(approved.status).toBe(201)
    const declined = await pay('301', hold('301'), { card: 'tok_declined' })
    expect([declined.status, declined.body.error?.code]).toEqual([402, 'CARD_DECLINED'])
    const flaky = await pay('301', hold('301'), { card: 'tok_flaky' })
    expect(flaky.status).toBe(201)
  })

  test('whose provider answers late is found out by asking again under the same key', async () => {
    const answer = await pay('302', hold('302'), { card: 'tok_timeout' })
    expect([201, 202]).toContain(answer.status)
    await eventually(async () => {
      const one = await send('GET', `/payments/${answer.body.data?.paymentId}`, '302')
      expect(one.body.data?.status).toBe('APPROVED')
    })
  })

  test('is given back at the provider when the reservation refuses', async () => {
    participants.answer = (command) => ({
      type: 'ReservationConfirmRefused',
      payload: { ...command.value, reason: 'RESERVATION_CANCELLED' },
    })
    const answer = await pay('303', hold('303'), { card: 'tok_approved' })
    expect([answer.status, answer.body.error?.code]).toEqual([422, 'RESERVATION_NOT_PAYABLE'])
    const { rows } = await pool.query(
      'SELECT c.status, card_token FROM card_captures c JOIN payments USING (payment_id) WHERE user_id = $1',
      ['303'],
    )
    expect(rows).toEqual([{ status: 'REFUNDED', card_token: null }])
  })
})

describe('a confirmed reservation that is cancelled', () => {
  test('refunds its payment once, however often the news comes', async () => {
    const reservationId = hold('401')
    const key = randomUUID()
    const paid = await pay('401', reservationId, { key })
    const news = {
      reservationId,
      userId: '401',
      scheduleId: 42,
      seatIds: [1],
      paymentId: paid.body.data?.paymentId,
      reason: 'USER_CANCELLED',
    }
    const id = randomUUID()
    await participants.publish(topics.reservationEvents, reservationId, 'ReservationCancelled', news, id)
    await participants.publish(topics.reservationEvents, reservationId, 'ReservationCancelled', news, id)
    await participants.publish(topics.reservationEvents, reservationId, 'ReservationCancelled', news)
    await eventually(async () => {
      const one = await send('GET', `/payments/${paid.body.data?.paymentId}`, '401')
      expect(one.body.data).toMatchObject({ status: 'REFUNDED', reason: 'USER_CANCELLED' })
    })
    expect(sent('RefundWallet')).toHaveLength(1)
    const again = await pay('401', reservationId, { key })
    expect([again.status, again.replayed, again.body]).toEqual([201, 'true', paid.body])
  })
})

describe('refusals', () => {
  test('name the field and the rule, and change nothing', async () => {
    const missingKey = await send('POST', '/payments', '501', {
      body: JSON.stringify({ reservationId: randomUUID(), paymentMethod: 'BALANCE' }),
    })
    expect(missingKey.status).toBe(400)
    expect(missingKey.body.error?.details[0]).toMatchObject({ in: 'header', field: 'idempotency-key' })
    const noCard = await pay('501', hold('501'), { body: { paymentMethod: 'CARD' } })
    expect([noCard.status, noCard.body.error?.details[0]?.field]).toEqual([400, 'card'])
    const misspelt = await pay('501', hold('501'), { body: { amount: 1 } })
    expect(misspelt.body.error?.code).toBe('INVALID_REQUEST')
    expect(sent('DebitWallet')).toHaveLength(0)
  })

  test("somebody else's reservation is 404, somebody else's payment is 404, another userId is 403", async () => {
    const reservationId = hold('502')
    const stranger = await pay('503', reservationId)
    expect([stranger.status, stranger.body.error?.code]).toEqual([404, 'RESERVATION_NOT_FOUND'])
    const paid = await pay('502', reservationId)
    const peek = await send('GET', `/payments/${paid.body.data?.paymentId}`, '503')
    expect([peek.status, peek.body.error?.code]).toEqual([404, 'PAYMENT_NOT_FOUND'])
    const other = await pay('503', hold('502'), { body: { userId: '502' } })
    expect([other.status, other.body.error?.code]).toEqual([403, 'FORBIDDEN'])
  })

  test('what can not be paid for is refused before any money moves', async () => {
    const codes = await Promise.all(
      ['CONFIRMED', 'EXPIRED', 'CANCELLED'].map(async (status) => {
        const answer = await pay('504', hold('504', { status }))
        return `${answer.status} ${answer.body.error?.code}`
      }),
    )
    expect(codes).toEqual(['409 ALREADY_PAID', '409 RESERVATION_EXPIRED', '422 RESERVATION_NOT_PAYABLE'])
    expect(sent('DebitWallet')).toHaveLength(0)
  })
})

describe('a message that can not be handled', () => {
  test('is parked with its error, its partition goes on, and a retry publishes it again', async () => {
    const paymentId = randomUUID()
    await participants.publish(topics.walletEvents, paymentId, 'WalletDebited', '{"paymentId": 7')
    await participants.publish(topics.walletEvents, paymentId, 'WalletRefunded', {
      paymentId,
      userId: '601',
      refundedAmount: 5,
    })
    interface Page {
      data: { items: { deadLetterId: string; type: string; error: string; retriedAt: string | null }[] }
    }
    const list = async (): Promise<Page['data']['items']> => {
      const response = await fetch(`http://127.0.0.1:${payment.ports.http}/api/v1/admin/dead-letters`, {
        headers: { Authorization: `Bearer ${await tokenFor('admin', { admin: true })}` },
      })
      const page: Page = JSON.parse(await response.text())
      return page.data.items
    }
    const parked = await eventually(async () => {
      const items = await list()
      expect(items.map((item) => item.type).toSorted()).toEqual(['WalletDebited', 'WalletRefunded'])
      return items
    })
    expect(parked.find((item) => item.type === 'WalletDebited')?.error).toContain('not JSON')
    expect(parked.find((item) => item.type === 'WalletRefunded')?.error).toContain('no saga')
    const retried = await send('POST', `/admin/dead-letters/${parked[0]?.deadLetterId}/retry`, 'admin')
    expect(retried.status).toBe(200)
    await eventually(async () => expect(await list()).toHaveLength(3))
    expect((await pay('602', hold('602'))).status).toBe(201)
    const forbidden = await send('GET', '/admin/dead-letters', '602')
    expect(forbidden.status).toBe(403)
  })
})
