import { expect, test } from '@jest/globals'
import { commandId } from './command-id.ts'
import type { SagaCommand } from './purchase-saga.ts'

const commands: SagaCommand[] = [
  'DebitWallet',
  'RefundWallet',
  'CaptureCard',
  'RefundCard',
  'ConfirmReservation',
]

test('a command that is sent again has the id it had, so that it takes effect once', () => {
  expect(commandId('p-1', 'DebitWallet')).toBe(commandId('p-1', 'DebitWallet'))
  // Fixed: commands of sagas that began under an older version are sent again too.
  expect(commandId('0190a5d5-1f64-7cc3-98c4-dc0c0c07398f', 'DebitWallet')).toBe(
    'd2d3b367-816d-88e9-8507-1599d2066232',
  )
})

test('no two commands of a payment, and of two payments, share an id', () => {
  const ids = ['p-1', 'p-2'].flatMap((paymentId) => commands.map((command) => commandId(paymentId, command)))
  expect(new Set(ids).size).toBe(2 * commands.length)
})

test('an id is a UUID of version 8', () => {
  for (const command of commands) {
    expect(commandId('p-1', command)).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/,
    )
  }
})
