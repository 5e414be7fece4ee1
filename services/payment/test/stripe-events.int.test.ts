import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { eventually } from '@frontrow/test-kit/eventually'
import { willing } from './participants.ts'
import { SHORT_WAITS, startPayingService } from './paying-service.ts'
import type { PayingService } from './paying-service.ts'
import { signEvent, startStripe } from './stripe-stand-in.ts'
import type { StripeStandIn } from './stripe-stand-in.ts'

const SECRET = 'whsec_of_this_test'

let stripe: StripeStandIn
let service: PayingService

beforeAll(async () => {
  stripe = await startStripe()
  service = await startPayingService({
    ...SHORT_WAITS,
    STRIPE_SECRET_KEY: 'sk_test_1',
    STRIPE_API_URL: stripe.url,
    STRIPE_RETURN_URL: 'https://shop.example/paid?lang=ko',
    STRIPE_WEBHOOK_SECRET: SECRET,
    // Only the events say when to ask.
    CARD_ACTION_POLL_MS: '600000',
  })
})

afterAll(async () => {
  await service.stop()
  await stripe.stop()
})

beforeEach(() => {
  service.participants.answer = willing
  stripe.calls.length = 0
})

/** Sends these bytes as Stripe does. */
async function deliver(payload: string, signature = signEvent(payload, SECRET)) {
  const response = await fetch(`${service.url}/api/v1/providers/stripe/events`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json; charset=utf-8', 'Stripe-Signature': signature },
    body: payload,
  })
  const body: { error?: { code: string; details: object[] } } = JSON.parse(await response.text())
  return { status: response.status, error: body.error }
}

function eventOf(type: string, object: object, id = `evt_${randomUUID()}`): string {
  const event = { id, object: 'event', created: Math.floor(Date.now() / 1_000), type, data: { object } }
  // As Stripe writes it: the signature is of these bytes, and not of what they mean.
  return JSON.stringify(event, null, 2)
}

const statusOf = async (paymentId: string | undefined, userId: string) =>
  (await service.send('GET', `/payments/${paymentId}`, userId)).body.data?.status

async function payWith3ds(userId: string) {
  const answer = await service.pay(userId, service.hold(userId), { card: 'pm_3ds' })
  expect(answer.status).toBe(202)
  const intent = stripe.intentOf(answer.body.data?.paymentId)
  return { answer, intent, paymentId: answer.body.data?.paymentId }
}

describe('a card of Stripe that needs 3-D Secure', () => {
  test("sends its owner to the bank's page, which comes back with the payment; the event that they are done makes us ask", async () => {
    const { answer, intent, paymentId } = await payWith3ds('101')
    const back = encodeURIComponent(`https://shop.example/paid?lang=ko&paymentId=${paymentId}`)
    expect(answer.body.data?.nextAction).toMatchObject({
      type: 'redirect_to_url',
      url: `https://bank.example/step?back=${back}`,
    })
    expect(JSON.stringify(answer.body)).not.toContain('secret')
    intent.status = 'succeeded'
    expect((await deliver(eventOf('payment_intent.succeeded', intent))).status).toBe(200)
    await eventually(async () => expect(await statusOf(paymentId, '101')).toBe('APPROVED'))
    expect(stripe.calls.filter(({ path }) => path === `/v1/payment_intents/${intent.id}`)).toHaveLength(2)
  })

  test('is not believed to be paid by an event alone: Stripe is asked, and that answer counts', async () => {
    const { intent, paymentId } = await payWith3ds('102')
    const reads = () => stripe.calls.filter(({ path }) => path === `/v1/payment_intents/${intent.id}`).length
    const before = reads()
    const claim = eventOf('payment_intent.succeeded', { ...intent, status: 'succeeded' })
    expect((await deliver(claim)).status).toBe(200)
    await eventually(async () => expect(reads()).toBe(before + 1))
    expect(await statusOf(paymentId, '102')).toBe('PENDING')
    expect(service.sent('ConfirmReservation').filter(({ value }) => value.paymentId === paymentId)).toEqual(
      [],
    )
  })

  test('whose owner fails is declined and cancelled, so that it can not be paid later with another card', async () => {
    const { intent, paymentId } = await payWith3ds('103')
    intent.status = 'requires_payment_method'
    await deliver(eventOf('payment_intent.payment_failed', intent))
    await eventually(async () => expect(await statusOf(paymentId, '103')).toBe('FAILED'))
    expect(intent.status).toBe('canceled')
  })

  test('takes its events in any order, late and repeated, with one effect', async () => {
    const { intent, paymentId } = await payWith3ds('104')
    intent.status = 'succeeded'
    const succeeded = eventOf('payment_intent.succeeded', intent)
    const earlier = eventOf('payment_intent.requires_action', { ...intent, status: 'requires_action' })
    const all = [succeeded, succeeded, earlier, succeeded, earlier]
    expect((await Promise.all(all.map((event) => deliver(event)))).map(({ status }) => status)).toEqual([
      200, 200, 200, 200, 200,
    ])
    await eventually(async () => expect(await statusOf(paymentId, '104')).toBe('APPROVED'))
    stripe.calls.length = 0
    await deliver(succeeded)
    await deliver(eventOf('payment_intent.canceled', { ...intent, status: 'canceled' }))
    const other = await service.pay('104', service.hold('104'), { card: 'pm_1' })
    expect(other.status).toBe(201)
    expect(stripe.calls.map(({ path }) => path)).toEqual(['/v1/payment_intents'])
    const { rows } = await service.pool.query(
      `SELECT count(*)::int AS count FROM saga_steps WHERE payment_id = $1 AND message = 'CardCaptured'`,
      [paymentId],
    )
    expect(rows).toEqual([{ count: 1 }])
  })

  test('is asked about once more where an event comes while it is being asked about', async () => {
    const { intent, paymentId } = await payWith3ds('105')
    await service.pool.query(
      `UPDATE card_captures SET leased_until = now() + interval '1 second', due_at = now() + interval '1 second' WHERE payment_id = $1`,
      [paymentId],
    )
    intent.status = 'succeeded'
    await deliver(eventOf('payment_intent.succeeded', intent))
    await eventually(async () => expect(await statusOf(paymentId, '105')).toBe('APPROVED'))
  })
})

describe('an event', () => {
  test.each([
    ['of another sender', (payload: string) => signEvent(payload, 'whsec_other')],
    ['that is ten minutes old', (payload: string) => signEvent(payload, SECRET, Date.now() - 600_000)],
    [
      'whose bytes were changed on the way',
      (payload: string) => signEvent(payload.replace(/\s/g, ''), SECRET),
    ],
  ])('%s is refused, and changes nothing', async (_name, sign) => {
    const { intent, paymentId } = await payWith3ds('201')
    intent.status = 'succeeded'
    stripe.calls.length = 0
    const payload = eventOf('payment_intent.succeeded', intent)
    const { status, error } = await deliver(payload, sign(payload))
    expect([status, error?.code, error?.details]).toMatchObject([
      400,
      'INVALID_REQUEST',
      [{ in: 'header', field: 'stripe-signature' }],
    ])
    const { rows } = await service.pool.query<{ later: boolean }>(
      `SELECT due_at > now() + interval '1 minute' AS later FROM card_captures WHERE payment_id = $1`,
      [paymentId],
    )
    expect(rows).toEqual([{ later: true }])
    expect(stripe.calls).toEqual([])
  })

  test('without a signature, or larger than 64 KB, is refused', async () => {
    const response = await fetch(`${service.url}/api/v1/providers/stripe/events`, {
      method: 'POST',
      body: '{}',
    })
    expect(response.status).toBe(400)
    expect((await deliver('x'.repeat(65_537))).status).toBe(413)
  })

  test.each(['hi', 'null', JSON.stringify({ id: 'e'.repeat(256), type: 'x', created: 1 })])(
    'that is signed and is none is refused, and nothing of it is kept: %.40s',
    async (payload) => {
      const count = async () => (await service.pool.query('SELECT FROM provider_events')).rowCount
      const before = await count()
      const { status, error } = await deliver(payload)
      expect([status, error?.code, error?.details]).toMatchObject([400, 'INVALID_REQUEST', [{ in: 'body' }]])
      expect(await count()).toBe(before)
    },
  )

  test('of a payment that is not of ours is taken; a dispute is for a person to look at, and nothing else follows', async () => {
    const foreign = { id: 'pi_foreign', status: 'succeeded', metadata: {} }
    expect((await deliver(eventOf('payment_intent.succeeded', foreign))).status).toBe(200)
    expect((await deliver(eventOf('charge.dispute.created', { payment_intent: 'pi_foreign' }))).status).toBe(
      200,
    )
    expect(await service.metrics()).toMatch(/provider_events_total\{[^}]*outcome="unknown"[^}]*\} 1\n/)
  })
})

describe('what somebody does at Stripe with a payment', () => {
  const notices = async (paymentId: string | undefined) =>
    (await service.send('GET', `/payments/${paymentId}`, 'admin')).body.data?.providerNotices

  test('is noted once, shown to admins, and counted in the audit; it moves nothing by itself', async () => {
    const paid = await service.pay('301', service.hold('301'), { card: 'pm_1' })
    const paymentId = paid.body.data?.paymentId
    const { id } = stripe.intentOf(paymentId)
    const dispute = {
      id: 'dp_1',
      payment_intent: id,
      amount: 120_000,
      status: 'needs_response',
      reason: 'fraudulent',
    }
    const refund = { id: 're_1', payment_intent: id, amount: 500, status: 'succeeded', reason: null }
    const events = [eventOf('charge.dispute.created', dispute), eventOf('refund.created', refund)]
    for (const event of [...events, ...events]) expect((await deliver(event)).status).toBe(200)
    expect(await notices(paymentId)).toMatchObject([
      {
        kind: 'DISPUTE',
        type: 'charge.dispute.created',
        amount: 120_000,
        status: 'needs_response',
        reason: 'fraudulent',
      },
      { kind: 'REFUND', type: 'refund.created', amount: 500, status: 'succeeded', reason: null },
    ])
    expect(await statusOf(paymentId, '301')).toBe('APPROVED')
    const audit = await service.send('GET', '/admin/audit', 'admin')
    expect(audit.body.data).toMatchObject({ providerNotices: { DISPUTE: 1, REFUND: 1 } })
  })

  test('is told apart from our own refunds, unless one of those fails', async () => {
    service.participants.answer = (command) => ({
      type: 'ReservationConfirmRefused',
      payload: { ...command.value, reason: 'RESERVATION_CANCELLED' },
    })
    await service.pay('302', service.hold('302'), { card: 'pm_1' })
    const { rows } = await service.pool.query<{ payment_id: string }>(
      'SELECT payment_id FROM payments WHERE user_id = $1',
      ['302'],
    )
    const paymentId = rows[0]?.payment_id
    const ours = {
      id: 're_2',
      payment_intent: stripe.intentOf(paymentId).id,
      amount: 120_000,
      status: 'succeeded',
    }
    await deliver(eventOf('refund.created', ours))
    expect(await notices(paymentId)).toEqual([])
    await deliver(eventOf('refund.failed', { ...ours, status: 'failed' }))
    expect(await notices(paymentId)).toMatchObject([
      { kind: 'REFUND', type: 'refund.failed', status: 'failed' },
    ])
  })
})
