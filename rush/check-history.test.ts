import { describe, expect, test } from '@jest/globals'
import {
  checkActive,
  checkAdmissionOrder,
  checkHistory,
  checkMoney,
  checkPaymentsKept,
  checkSeatsAtAnyTime,
} from './check-history.ts'
import { newFanRecord } from './history.ts'
import type { FanRecord, FinalFacts, HoldRecord, PaymentRecord, PlaceRecord } from './history.ts'

const minute = 60_000
const hold = (change: Partial<HoldRecord> = {}): HoldRecord => ({
  reservationId: 'r1',
  seatIds: [7],
  amount: 70_000,
  heldAt: 0,
  expiresAt: 5 * minute,
  releasedAt: undefined,
  confirmedAt: undefined,
  ...change,
})
const payment = (change: Partial<PaymentRecord> = {}): PaymentRecord => ({
  paymentId: 'p1',
  reservationId: 'r1',
  amount: 70_000,
  method: 'BALANCE',
  approved: true,
  cancelled: false,
  ...change,
})
const place = (change: Partial<PlaceRecord>): PlaceRecord => ({
  sequence: 1,
  lastWaitingAt: undefined,
  firstActiveAt: undefined,
  activeFrom: undefined,
  activeUntil: undefined,
  ...change,
})
const fan = (userId: string, change: Partial<FanRecord> = {}): FanRecord => ({
  ...newFanRecord(userId),
  ...change,
})
const history = (...fans: FanRecord[]) => ({ fans, repeats: [] })
const facts = (change: Partial<FinalFacts> = {}): FinalFacts => ({
  reservations: new Map(),
  payments: new Map(),
  balances: new Map(),
  ...change,
})

describe('a seat at any time', () => {
  const clash = (first: HoldRecord, second: HoldRecord) =>
    checkSeatsAtAnyTime(history(fan('a', { holds: [first] }), fan('b', { holds: [second] }))).violations

  test('a seat sold to two people is found', () => {
    expect(clash(hold({ confirmedAt: minute }), hold({ heldAt: 60 * minute }))).toHaveLength(1)
  })

  test('a seat held by two people at once is found, whoever is listed first', () => {
    expect(clash(hold({ heldAt: minute }), hold())).toHaveLength(1)
  })

  test('a seat that was given back, or whose hold ran out, can be sold again', () => {
    expect(clash(hold({ confirmedAt: 1, releasedAt: minute }), hold({ heldAt: minute + 1 }))).toEqual([])
    expect(clash(hold(), hold({ heldAt: 5 * minute }))).toEqual([])
  })

  test('other seats are other seats', () => {
    expect(clash(hold({ confirmedAt: 1 }), hold({ seatIds: [8], confirmedAt: 1 }))).toEqual([])
  })
})

describe('payments', () => {
  const problems = (one: PaymentRecord, status: string, reservation: string) =>
    checkPaymentsKept(
      history(fan('a', { payments: [one] })),
      facts({
        payments: new Map([['p1', { status, amount: 70_000 }]]),
        reservations: new Map([['r1', reservation]]),
      }),
    ).violations

  test('paid stays paid, cancelled is refunded', () => {
    expect(problems(payment(), 'APPROVED', 'CONFIRMED')).toEqual([])
    expect(problems(payment({ cancelled: true }), 'REFUNDED', 'CANCELLED')).toEqual([])
    expect(problems(payment({ approved: false }), 'REFUNDED', 'EXPIRED')).toEqual([])
  })

  test.each([
    [payment(), 'REFUNDED', 'CANCELLED'],
    [payment(), 'APPROVED', 'EXPIRED'],
    [payment(), 'APPROVED', 'MISSING'],
    [payment({ cancelled: true }), 'APPROVED', 'CANCELLED'],
    [payment({ approved: false }), 'PENDING', 'HOLD'],
    [payment({ approved: false }), 'APPROVED', 'EXPIRED'],
  ])('%j ending as %s and %s is told', (one, status, reservation) => {
    expect(problems(one, status, reservation)).toHaveLength(1)
  })

  test('a payment that is gone is told', () => {
    const all = history(fan('a', { payments: [payment()] }))
    expect(checkPaymentsKept(all, facts()).violations).toEqual([expect.stringContaining("can't be found")])
  })
})

describe('the order of admission', () => {
  const order = (...places: PlaceRecord[]) =>
    checkAdmissionOrder(history(...places.map((one, index) => fan(`fan-${index}`, { place: one }))))
      .violations

  test('somebody who waits long after the one behind them got in is found', () => {
    const early = place({ sequence: 1, lastWaitingAt: 30_000 })
    const late = place({ sequence: 2, firstActiveAt: 20_000 })
    expect(order(early, late)).toEqual([expect.stringContaining('still waited 10000 ms')])
    expect(order(late, early)).toHaveLength(1)
  })

  test('in order, or within the tolerance of the clocks, is fine', () => {
    const first = place({ sequence: 1, lastWaitingAt: 21_000, firstActiveAt: 25_000 })
    const second = place({ sequence: 2, lastWaitingAt: 19_000, firstActiveAt: 20_000 })
    const third = place({ sequence: 3, lastWaitingAt: 90_000 })
    expect(order(first, second, third)).toEqual([])
  })
})

describe('how many are in', () => {
  const inside = (from: number, until: number) =>
    fan(`${from}`, { place: place({ activeFrom: from, activeUntil: until }) })

  test('counts those who were surely in at the same moment', () => {
    expect(checkActive(history(inside(0, 10), inside(5, 15), inside(12, 20)), 2).violations).toEqual([])
    expect(checkActive(history(inside(0, 10), inside(5, 15), inside(8, 20)), 2).violations).toHaveLength(1)
  })

  test('one who leaves as the next comes in makes room', () => {
    expect(checkActive(history(inside(0, 10), inside(10, 20)), 1).violations).toEqual([])
  })
})

describe('money', () => {
  const money = (balance: number, change: Partial<FanRecord>, status = 'APPROVED') =>
    checkMoney(
      history(fan('a', change)),
      facts({
        balances: new Map([['a', balance]]),
        payments: new Map([['p1', { status, amount: 70_000 }]]),
      }),
    )

  test('what is left is what was charged less what was paid', () => {
    const paid = { charged: 100_000, payments: [payment()] }
    expect(money(30_000, paid).violations).toEqual([])
    expect(money(29_999, paid).violations).toHaveLength(1)
  })

  test('a refund is back in the wallet', () => {
    expect(money(100_000, { charged: 100_000, payments: [payment()] }, 'REFUNDED').violations).toEqual([])
    expect(money(30_000, { charged: 100_000, payments: [payment()] }, 'REFUNDED').violations).toHaveLength(1)
  })

  test('a card takes nothing from the wallet', () => {
    expect(money(5_000, { charged: 5_000, payments: [payment({ method: 'CARD' })] }).violations).toEqual([])
  })

  test('a wallet whose charge went unanswered is not judged', () => {
    expect(money(1, { charged: 0, moneyUncertain: true })).toMatchObject({ checked: 0, violations: [] })
  })
})

test('a repeated request with another answer breaks a check', () => {
  const repeats = [{ userId: 'a', what: 'charge', problem: 'two effects' } as const]
  const broken = checkHistory({ fans: [], repeats }, facts(), undefined).filter(
    (check) => check.violations.length > 0,
  )
  expect(broken.map((check) => check.name)).toEqual(['the same key gives the same answer'])
})
