import { credentials } from '@grpc/grpc-js'
import type { ServiceError } from '@grpc/grpc-js'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { AuditService, WalletService } from '@frontrow/proto/services'
import { uuidv7 } from 'uuidv7'
import { applyCommands } from './apply-commands.ts'
import { startWalletUnderTest } from './wallet-under-test.ts'
import type { WalletUnderTest } from './wallet-under-test.ts'

let it: WalletUnderTest
let wallets: InstanceType<typeof WalletService>
let audit: InstanceType<typeof AuditService>

beforeAll(async () => {
  it = await startWalletUnderTest()
  const target = `127.0.0.1:${it.wallet.ports.grpc}`
  wallets = new WalletService(target, credentials.createInsecure())
  audit = new AuditService(target, credentials.createInsecure())
})

afterAll(async () => {
  wallets.close()
  audit.close()
  await it.dispose()
})

/** One unary call as a promise. */
function ask<Req, Res>(
  method: (request: Req, done: (error: ServiceError | null, response?: Res) => void) => unknown,
  request: Req,
): Promise<Res> {
  return new Promise((resolve, reject) => {
    method(request, (error, response) => {
      if (response === undefined) reject(error ?? new Error('no answer'))
      else resolve(response)
    })
  })
}

const apply = (paymentId: string, kind: 'DEBIT' | 'REFUND', amount: number) =>
  applyCommands(it.wallet.ctx, [{ paymentId, command: { kind, userId: 'fan', amount } }])

test('GetBalance tells the balance, 0 for a user without a wallet, and refuses an empty user', async () => {
  await it.charge('saver', 12_000)
  const getBalance = wallets.getBalance.bind(wallets)
  expect(await ask(getBalance, { userId: 'saver' })).toEqual({ balance: 12_000 })
  expect(await ask(getBalance, { userId: 'nobody' })).toEqual({ balance: 0 })
  await expect(ask(getBalance, { userId: '' })).rejects.toThrow('INVALID_ARGUMENT')
})

test('CheckInvariants answers 4, 6, 7 and 10 with the rows it looked at', async () => {
  await it.charge('audited', 12_000)
  await it.use('audited', 1_000)
  const { invariants } = await ask(audit.checkInvariants.bind(audit), {})
  expect(invariants.map(({ number, violationCount }) => [number, violationCount])).toEqual([
    [4, 0],
    [6, 0],
    [7, 0],
    [10, 0],
  ])
  expect(invariants[0]?.checked).toBeGreaterThanOrEqual(3)
  expect(invariants[1]?.checked).toBeGreaterThanOrEqual(1)
  expect(invariants[3]?.checked).toBeGreaterThanOrEqual(1)
})

test('ListPaymentFacts pages through all payments with what the ledger says about each', async () => {
  await it.charge('fan', 10_000)
  const [paid, refunded, refused, fenced] = [uuidv7(), uuidv7(), uuidv7(), uuidv7()]
  await apply(paid, 'DEBIT', 4_000)
  await apply(refunded, 'DEBIT', 5_000)
  await apply(refunded, 'REFUND', 5_000)
  await apply(refused, 'DEBIT', 90_000)
  await apply(fenced, 'REFUND', 1_000)

  const list = audit.listPaymentFacts.bind(audit)
  const facts = []
  for (let afterPaymentId = ''; ;) {
    const page = await ask(list, { afterPaymentId, limit: 3 })
    facts.push(...page.facts)
    if (page.facts.length < 3) break
    afterPaymentId = page.facts.at(-1)?.paymentId ?? ''
  }
  const ofReservations = { reservationId: '', cancelReason: '', cancelledAtMs: 0 }
  const none = { ...ofReservations, debited: 0, refunded: 0, debitCount: 0, refundCount: 0 }
  expect(facts).toEqual([
    { ...none, paymentId: paid, status: 'DEBITED', amount: 4_000, debited: 4_000, debitCount: 1 },
    {
      ...none,
      paymentId: refunded,
      status: 'REFUNDED',
      amount: 5_000,
      debited: 5_000,
      refunded: 5_000,
      debitCount: 1,
      refundCount: 1,
    },
    { ...none, paymentId: refused, status: 'REFUSED', amount: 90_000 },
    { ...none, paymentId: fenced, status: 'FENCED', amount: 1_000 },
  ])
  await expect(ask(list, { afterPaymentId: 'x', limit: 3 })).rejects.toThrow('INVALID_ARGUMENT')
  await expect(ask(list, { afterPaymentId: '', limit: 0 })).rejects.toThrow('INVALID_ARGUMENT')
})

test('movements and refusals are counted in the metrics', async () => {
  await it.charge('counted', 5_000)
  await it.use('counted', 2_000)
  await it.use('counted', 9_000)
  const metrics = await (await fetch(`http://127.0.0.1:${it.wallet.ports.ops}/metrics`)).text()
  expect(metrics).toMatch(/^wallet_movements_total\{kind="CHARGE",service="wallet"\} [1-9]/m)
  expect(metrics).toMatch(/^wallet_movements_total\{kind="DEBIT",service="wallet"\} [1-9]/m)
  expect(metrics).toMatch(
    /^wallet_charges_total\{status="CHARGED",capture="CAPTURED",service="wallet"\} [1-9]/m,
  )
  expect(metrics).toMatch(/^wallet_refusals_total\{reason="INSUFFICIENT_BALANCE",service="wallet"\} [1-9]/m)
})
