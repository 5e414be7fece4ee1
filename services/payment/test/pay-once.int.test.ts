import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { eventually } from '@frontrow/test-kit/eventually'
import { willing } from './participants.ts'
import { cardOf, startPayingService } from './paying-service.ts'
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

describe('one effect', () => {
  test('ten payments of one reservation at once: one is paid, nine are 409, one debit is asked for', async () => {
    const reservationId = service.hold('201')
    const answers = await Promise.all(Array.from({ length: 10 }, () => service.pay('201', reservationId)))
    expect(answers.filter((answer) => answer.status === 201)).toHaveLength(1)
    expect(answers.filter((answer) => answer.body.error?.code === 'ALREADY_PAID')).toHaveLength(9)
    expect(service.ordered('DebitWallet')).toHaveLength(1)
  })

  test('one key ten times at once: one payment, which all wait for and are answered with', async () => {
    const reservationId = service.hold('202')
    const key = randomUUID()
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => service.pay('202', reservationId, { key })),
    )
    expect(answers.map((answer) => answer.status)).toEqual(Array.from({ length: 10 }, () => 201))
    expect(new Set(answers.map((answer) => JSON.stringify(answer.body.data))).size).toBe(1)
    expect(answers.filter((answer) => answer.replayed === null)).toHaveLength(1)
    expect(service.ordered('DebitWallet')).toHaveLength(1)
    const later = await service.pay('202', reservationId, { key })
    expect([later.status, later.replayed]).toEqual([201, 'true'])
    expect(later.body).toEqual(answers[0]?.body)
  })

  test('one key with another body is 422 and changes nothing', async () => {
    const key = randomUUID()
    await service.pay('203', service.hold('203'), { key })
    const other = await service.pay('203', service.hold('203'), { key })
    expect([other.status, other.body.error?.code]).toEqual([422, 'IDEMPOTENCY_KEY_REUSED'])
    expect(service.ordered('DebitWallet')).toHaveLength(1)
  })

  test('one key with two bodies at once: one is paid, the other is 422', async () => {
    const key = randomUUID()
    const answers = await Promise.all([
      service.pay('204', service.hold('204'), { key }),
      service.pay('204', service.hold('204'), { key }),
      service.pay('205', service.hold('205'), { key }),
    ])
    expect(
      answers
        .map((answer) => answer.status)
        .slice(0, 2)
        .toSorted((a, b) => a - b),
    ).toEqual([201, 422])
    expect(answers[2]?.status).toBe(201)
    expect(service.ordered('DebitWallet')).toHaveLength(2)
  })

  test('a repeat while the payment is at work waits for it, and after the wait is 202 and no replay', async () => {
    service.participants.answer = () => null
    const reservationId = service.hold('206')
    const key = randomUUID()
    const first = await service.pay('206', reservationId, { key })
    const second = await service.pay('206', reservationId, { key })
    // It has taken longer by now, so the wait that is expected from here is longer too.
    const estimatedWaitSeconds = expect.any(Number)
    const body = { ...first.body, data: { ...first.body.data, estimatedWaitSeconds } }
    expect([second.status, second.replayed, second.body]).toEqual([202, null, body])
    const third = service.pay('206', reservationId, { key })
    service.participants.answer = willing
    expect(await third).toMatchObject({ status: 201, replayed: 'true' })
    expect((await third).body.data?.paymentId).toBe(first.body.data?.paymentId)
  })

  test('a repeat is answered when the hold has run out, and when the reservations can not be asked', async () => {
    const reservationId = service.hold('207')
    const key = randomUUID()
    const first = await service.pay('207', reservationId, { key })
    service.participants.reservations.set(reservationId, {
      ...service.participants.reservations.get(reservationId),
      status: 'EXPIRED',
    })
    const late = await service.pay('207', reservationId, { key })
    service.participants.reservations.delete(reservationId)
    const later = await service.pay('207', reservationId, { key })
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
        service.send('POST', '/payments', userId, {
          headers: { 'Idempotency-Key': randomUUID(), 'X-Request-Id': `together-${userId}` },
          body: JSON.stringify({
            reservationId: service.hold(userId),
            ...(index % 4 === 0 ? cardOf('tok_approved') : { paymentMethod: 'BALANCE' }),
          }),
        }),
      ),
    )
    expect(answers.map(({ status }) => status)).toEqual(users.map(() => 201))
    const { rows } = await service.pool.query<{ user_id: string; request_id: string; type: string }>(
      `SELECT p.user_id, o.request_id, o.type FROM outbox o JOIN payments p ON p.payment_id::text = o.payload->>'paymentId'
       WHERE o.request_id LIKE 'together-%' AND o.type = 'DebitWallet'`,
    )
    expect(rows).toHaveLength(15)
    for (const row of rows) expect(row.request_id).toBe(`together-${row.user_id}`)
  })

  test('a request that can not be stored is refused alone, whoever begins with it', async () => {
    const [bad, ...good] = await Promise.all([
      service.pay('230', service.hold('230'), { card: 'tok\u0000' }),
      service.pay('231', service.hold('231')),
      service.pay('232', service.hold('232'), { card: 'tok_approved' }),
    ])
    expect([bad.status, bad.body.error?.code]).toEqual([400, 'INVALID_REQUEST'])
    expect(good.map(({ status }) => status)).toEqual([201, 201])
  })

  test('what another instance settles is found in the database before the wait ends', async () => {
    service.participants.answer = () => null
    const answering = service.pay('240', service.hold('240'))
    await eventually(async () => {
      const { rowCount } = await service.pool.query(
        `WITH paid AS (
           UPDATE payments SET status = 'APPROVED', paid_at = now() WHERE user_id = '240' AND status = 'PENDING' RETURNING payment_id)
         UPDATE purchase_sagas SET state = 'APPROVED', deadline_at = NULL WHERE payment_id IN (SELECT payment_id FROM paid)`,
      )
      expect(rowCount).toBe(1)
    })
    expect(await answering).toMatchObject({ status: 201, body: { data: { status: 'APPROVED' } } })
  })
})
