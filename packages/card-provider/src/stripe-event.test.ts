import { describe, expect, test } from '@jest/globals'
import { Stripe } from 'stripe'
import { readStripeEvent } from './stripe-event.ts'

const SECRET = 'whsec_test'

function signed(payload: string, change: { secret?: string; ageS?: number } = {}): string {
  const timestamp = Math.floor(Date.now() / 1_000) - (change.ageS ?? 0)
  return Stripe.webhooks.generateTestHeaderString({ payload, secret: change.secret ?? SECRET, timestamp })
}

const eventOf = (type: string, object: object) =>
  JSON.stringify({ id: 'evt_1', object: 'event', type, created: 1_795_656_000, data: { object } })
const read = (payload: string, header = signed(payload)) =>
  readStripeEvent(Buffer.from(payload), header, SECRET)

const succeeded = eventOf('payment_intent.succeeded', {
  id: 'pi_1',
  status: 'succeeded',
  amount: 900,
  metadata: { idempotency_key: 'capture-1' },
})

describe("an event's signature", () => {
  test.each([
    ['of another secret', signed(succeeded, { secret: 'whsec_other' })],
    ['of another body', signed(`${succeeded} `)],
    ['made 6 minutes ago', signed(succeeded, { ageS: 360 })],
    ['missing', ''],
    ['no signature', 't=1,v1=00'],
    ['junk', '\u0000,,='],
  ])('%s proves nothing', (_name, header) => {
    expect(read(succeeded, header)).toBeNull()
  })

  test('of exactly these bytes is taken, 4 minutes later too', () => {
    expect(read(succeeded, signed(succeeded, { ageS: 240 }))).toMatchObject({ eventId: 'evt_1' })
  })
})

test.each([
  ['hi', 'body', 'must be valid JSON'],
  ['', 'body', 'must be valid JSON'],
  ['null', 'body', 'must be a JSON object'],
  ['[]', 'body', 'must be a JSON object'],
  [JSON.stringify({ id: 'e'.repeat(256), type: 'x', created: 1 }), 'id', expect.stringContaining('255')],
  [JSON.stringify({ id: 'evt\0', type: 'x', created: 1 }), 'id', 'must have no control characters'],
  [JSON.stringify({ id: 'evt_1', type: 7, created: 1 }), 'type', expect.stringContaining('string')],
  [JSON.stringify({ id: 'evt_1', type: 'x\0', created: 1 }), 'type', 'must have no control characters'],
  [JSON.stringify({ id: 'evt_1', type: 'x', created: 1e15 }), 'created', expect.any(String)],
  [
    JSON.stringify({ id: 'evt_1', object: 'v2.core.event', type: 'x', created: '2026-01-01T00:00:00Z' }),
    'created',
    expect.any(String),
  ],
])(
  'what is signed and is no event is refused, with its field and the rule: %.60j',
  (payload, field, rule) => {
    const refusal: unknown = expect.objectContaining({
      code: 'INVALID_REQUEST',
      details: [{ in: 'body', field, rule }],
    })
    expect(() => read(payload)).toThrow(refusal)
  },
)

describe('an event', () => {
  test('of a payment names it by its id and by the key of its capture', () => {
    expect(read(succeeded)).toEqual({
      eventId: 'evt_1',
      type: 'payment_intent.succeeded',
      kind: 'capture',
      reference: 'pi_1',
      idempotencyKey: 'capture-1',
      amount: 900,
      status: 'succeeded',
      reason: null,
      happenedAt: new Date(1_795_656_000_000),
    })
  })

  test.each([
    ['charge.dispute.created', 'dispute'],
    ['charge.dispute.closed', 'dispute'],
    ['refund.created', 'refund'],
    ['refund.failed', 'refund'],
    ['charge.refunded', 'other'],
    ['charge.succeeded', 'other'],
  ])('%s is a %s, of the payment that it names', (type, kind) => {
    const object = { id: 'x_1', payment_intent: 'pi_1', amount: 500, status: 'lost', reason: 'fraudulent' }
    expect(read(eventOf(type, object))).toMatchObject({
      kind,
      reference: 'pi_1',
      amount: 500,
      reason: 'fraudulent',
    })
  })

  test('with fields of other kinds than usual is read without them', () => {
    const object = { id: 7, payment_intent: { id: 'pi_1' }, amount: 1.5, metadata: { n: 1 } }
    expect(read(eventOf('charge.dispute.created', object))).toMatchObject({ reference: null, amount: null })
    const unkept = { id: 'x'.repeat(256), payment_intent: 'pi_\0', status: '', reason: '\0' }
    expect(read(eventOf('refund.failed', unkept))).toMatchObject({
      reference: null,
      status: null,
      reason: null,
    })
    expect(read(JSON.stringify({ id: 'evt_2', type: 'v1.x', created: 1 }))).toMatchObject({ kind: 'other' })
  })
})
