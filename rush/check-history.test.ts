import { describe, expect, test } from '@jest/globals'
import {
  checkActive,
  checkAdmissionOrder,
  checkHistory,
  checkHoldsKept,
  checkMoney,
  checkPaymentsKept,
  checkSeatsAtAnyTime,
  checkSeatsAtTheEnd,
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
  failed: false,
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
  seats: new Map(),
  payments: new Map(),
  balances: new Map(),
  ...change,
})

describe('a seat at any time', () => {
  const clash = (first: HoldRecord, second: HoldRecord, statuses: Iterable<[string, string]> = []) =>
    checkSeatsAtAnyTime(
      history(fan('a', { holds: [first] }), fan('b', { holds: [second] })),
      facts({ reservations: new Map(statuses) }),
    ).violations

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

  test('a seat stays taken by a confirmation that its owner never saw, whatever became of the next hold', () => {
    const later = hold({ reservationId: 'r2', heldAt: 60 * minute })
    for (const end of ['CONFIRMED', 'EXPIRED', 'CANCELLED']) {
      expect(
        clash(hold(), later, [
          ['r1', 'CONFIRMED'],
          ['r2', end],
        ]),
      ).toEqual(["seat 7 was given to b (r2) while it was a (r1)'s"])
    }
    expect(clash(hold(), later, [['r1', 'EXPIRED']])).toEqual([])
  })

  test('a seat that its owner released, while it is CONFIRMED to them, is not free', () => {
    const first = hold({ confirmedAt: 1, releasedAt: minute })
    const next = hold({ reservationId: 'r2', heldAt: 2 * minute })
    expect(clash(first, next, [['r1', 'CONFIRMED']])).toHaveLength(1)
  })

  test('is looked at by every hold of it, also the third', () => {
    const holds = [0, 6, 7].map((at, index) =>
      hold({ reservationId: `r${index}`, heldAt: at * minute, expiresAt: (at + 5) * minute }),
    )
    const check = checkSeatsAtAnyTime(history(fan('a', { holds })), facts())
    expect(check).toMatchObject({
      checked: 1,
      violations: ["seat 7 was given to a (r2) while it was a (r1)'s"],
    })
  })

  test('is not given out while an earlier hold of it, longer than the one between, goes on', () => {
    const holds = [
      hold({ reservationId: 'long', confirmedAt: 1 }),
      hold({ reservationId: 'short', heldAt: minute, releasedAt: 2 * minute }),
      hold({ reservationId: 'late', heldAt: 3 * minute }),
    ]
    expect(checkSeatsAtAnyTime(history(fan('a', { holds })), facts()).violations).toHaveLength(2)
  })
})

describe('a seat in the end', () => {
  const end = (first: HoldRecord, second: HoldRecord, change: Partial<FinalFacts>) =>
    checkSeatsAtTheEnd(
      history(fan('a', { holds: [first] }), fan('b', { holds: [second] })),
      facts({
        reservations: new Map([
          ['r1', 'CONFIRMED'],
          ['r2', 'CONFIRMED'],
        ]),
        ...change,
      }),
    )
  const other = (change: Partial<HoldRecord> = {}) =>
    hold({ reservationId: 'r2', heldAt: 9 * minute, ...change })
  const twice = ['seat 7 is confirmed to a (r1) and b (r2)']

  test('a seat that is confirmed to two people is found', () => {
    expect(end(hold({ confirmedAt: 1 }), other({ confirmedAt: 10 * minute }), {}).violations).toEqual(twice)
  })

  test('also where one of the two, or neither, ever saw the confirmation', () => {
    expect(end(hold(), other({ confirmedAt: 10 * minute }), {}).violations).toEqual(twice)
    expect(end(hold({ confirmedAt: 1 }), other(), {}).violations).toEqual(twice)
    expect(end(hold(), other(), {}).violations).toEqual(twice)
  })

  test('also where the system knows only one of the two, and told both', () => {
    const told = [hold({ confirmedAt: 1 }), other({ confirmedAt: 10 * minute })] as const
    for (const [id, status] of [
      ['r2', 'CONFIRMED'],
      ['r1', 'CONFIRMED'],
    ] as const) {
      expect(end(...told, { reservations: new Map([[id, status]]) }).violations).toEqual(twice)
    }
  })

  test('also where the system lists other seats than those that were held', () => {
    const seats = new Map([['r2', [8, 7]]])
    expect(end(hold(), other({ seatIds: [8] }), { seats }).violations).toEqual(twice)
    expect(end(hold(), other({ seatIds: [8] }), {})).toMatchObject({ checked: 2, violations: [] })
  })

  test("what ran out or was released is nobody's", () => {
    for (const status of ['EXPIRED', 'CANCELLED', 'MISSING']) {
      const reservations = new Map([
        ['r1', status],
        ['r2', 'CONFIRMED'],
      ])
      expect(end(hold({ confirmedAt: 1, releasedAt: 2 }), other(), { reservations }).violations).toEqual([])
      expect(end(hold(), other(), { reservations })).toMatchObject({ checked: 1, violations: [] })
    }
  })
})

describe('holds', () => {
  const kept = (
    one: HoldRecord,
    status: string | undefined,
    change: Partial<FanRecord> = {},
    end = 'APPROVED',
  ) =>
    checkHoldsKept(
      history(fan('a', { holds: [one], ...change })),
      facts({
        reservations: new Map(status === undefined ? [] : [['r1', status]]),
        seats: new Map([['r1', [7]]]),
        payments: new Map([
          ['p1', { status: end, amount: 70_000 }],
          ['p2', { status: end, amount: 70_000 }],
        ]),
      }),
    ).violations
  const paid = { payments: [payment()] }

  test('a hold runs out, is released, or is confirmed by the one payment of it', () => {
    expect(kept(hold(), 'HOLD')).toEqual([])
    expect(kept(hold(), 'EXPIRED')).toEqual([])
    expect(kept(hold({ releasedAt: 1 }), 'CANCELLED')).toEqual([])
    // It ran out before it could be released.
    expect(kept(hold({ releasedAt: 1 }), 'EXPIRED')).toEqual([])
    expect(kept(hold({ confirmedAt: 1 }), 'CONFIRMED', paid)).toEqual([])
  })

  test.each([
    ['is gone', hold(), 'MISSING', "can't be found any more"],
    ['is not known any more', hold(), undefined, "can't be found any more"],
    [
      'was cancelled, though its owner did not ask for it',
      hold(),
      'CANCELLED',
      'is CANCELLED though nobody released it',
    ],
    ['was released and is still held', hold({ releasedAt: 1 }), 'HOLD', 'was released and is HOLD'],
    ['was released and is sold', hold({ releasedAt: 1 }), 'CONFIRMED', 'was released and is CONFIRMED'],
  ])('a hold that %s is told', (_what, one, status, text) => {
    expect(kept(one, status, paid)).toEqual([expect.stringContaining(`reservation r1 of a ${text}`)])
  })

  test('a hold of other seats than were answered is told, in whatever order they are listed', () => {
    const check = (seatIds: number[]) =>
      checkHoldsKept(
        history(fan('a', { holds: [hold({ seatIds: [7, 10] })] })),
        facts({ reservations: new Map([['r1', 'HOLD']]), seats: new Map([['r1', seatIds]]) }),
      )
    expect(check([10, 7])).toMatchObject({ checked: 1, violations: [] })
    expect(check([7, 11]).violations).toEqual(['reservation r1 of a was of seats 7, 10 and is of 7, 11'])
    expect(check([7]).violations).toHaveLength(1)
  })

  test('seats that are sold though every payment was refused are told', () => {
    expect(kept(hold(), 'CONFIRMED')).toEqual(['reservation r1 of a is CONFIRMED by 0 approved payments'])
    expect(kept(hold(), 'CONFIRMED', { payments: [payment({ approved: false })] }, 'FAILED')).toHaveLength(1)
    const ofAnother = payment({ reservationId: 'r9' })
    expect(kept(hold(), 'CONFIRMED', { payments: [ofAnother] })).toHaveLength(1)
  })

  test('a payment that went unanswered may have confirmed them', () => {
    expect(kept(hold(), 'CONFIRMED', { moneyUncertain: true })).toEqual([])
  })

  test('two approved payments of one reservation are told, whatever is uncertain', () => {
    const payments = [payment(), payment({ paymentId: 'p2' })]
    for (const moneyUncertain of [false, true]) {
      expect(kept(hold(), 'CONFIRMED', { payments, moneyUncertain })).toEqual([
        'reservation r1 of a is CONFIRMED by 2 approved payments',
      ])
    }
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

  test('a payment that was answered as failed has no effect', () => {
    const failed = payment({ approved: false, failed: true })
    expect(problems(failed, 'FAILED', 'EXPIRED')).toEqual([])
    expect(problems(failed, 'REFUNDED', 'EXPIRED')).toEqual([])
    expect(problems(failed, 'APPROVED', 'CONFIRMED')).toEqual([
      'payment p1 of a was answered as failed and is APPROVED',
    ])
  })

  test('a payment whose end its owner never saw may have gone either way', () => {
    expect(problems(payment({ approved: false }), 'APPROVED', 'CONFIRMED')).toEqual([])
    expect(problems(payment({ approved: false }), 'FAILED', 'EXPIRED')).toEqual([])
  })

  test('a payment of another amount than was answered is told', () => {
    const check = problems(payment({ amount: 69_999 }), 'APPROVED', 'CONFIRMED')
    expect(check).toEqual(['payment p1 of a was of 69999, now of 70000'])
    expect(problems(payment({ amount: 69_999 }), 'PENDING', 'HOLD')).toHaveLength(2)
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

test('two people at one place of the line are found', () => {
  const places = [3, 2, 3].map((sequence, index) => fan(`fan-${index}`, { place: place({ sequence }) }))
  expect(checkAdmissionOrder(history(...places))).toMatchObject({
    checked: 3,
    violations: ['fan-0 and fan-2 both have place 3'],
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

  test('a wallet that was charged and is gone is told', () => {
    const gone = (change: Partial<FanRecord>) => checkMoney(history(fan('a', change)), facts())
    expect(gone({ charged: 5_000 })).toMatchObject({
      checked: 1,
      violations: ["a charged 5000, and the wallet can't be read"],
    })
    expect(gone({ charged: 0 })).toMatchObject({ checked: 0, violations: [] })
    expect(gone({ charged: 5_000, moneyUncertain: true })).toMatchObject({ checked: 0, violations: [] })
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

test('a history that breaks everything breaks every check', () => {
  const one = (userId: string, reservationId: string, paymentId: string) =>
    fan(userId, {
      holds: [hold({ reservationId, confirmedAt: 1 })],
      payments: [payment({ reservationId, paymentId })],
      place: place({ activeFrom: 0, activeUntil: 10 }),
      charged: 1,
    })
  const repeats = [{ userId: 'a', what: 'charge', problem: 'two effects' } as const]
  const broken = checkHistory(
    { fans: [one('a', 'r1', 'p1'), one('b', 'r2', 'p2')], repeats },
    facts({ balances: new Map([['a', 2]]) }),
    1,
  )
  expect(broken.map(({ violations }) => violations.length > 0)).toEqual(Array(8).fill(true))
})
