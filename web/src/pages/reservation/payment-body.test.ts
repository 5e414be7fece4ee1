import { expect, test } from '@jest/globals'
import { paymentBody, readPaymentBody } from './payment-body.ts'

const reservation = { reservationId: 'r-1', totalAmount: 330_000 }

test.each(['BALANCE', { card: 'tok_approved' }] as const)(
  'a payment by %j that a reload cut off is the same request afterwards, to the letter',
  (method) => {
    const body = paymentBody(reservation, method)
    const kept = readPaymentBody(JSON.parse(JSON.stringify(body)), 'r-1')
    expect(JSON.stringify(kept)).toBe(JSON.stringify(body))
  },
)

test('a try of another reservation, or what is none, pays nothing', () => {
  expect(readPaymentBody(paymentBody(reservation, 'BALANCE'), 'r-2')).toBeUndefined()
  for (const body of [null, 'x', {}, { reservationId: 'r-1', amount: 1, paymentMethod: 'CARD' }]) {
    expect(readPaymentBody(body, 'r-1')).toBeUndefined()
  }
})
