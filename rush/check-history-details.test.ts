import { describe, expect, test } from '@jest/globals'
import {
  checkActive,
  checkAdmissionOrder,
  checkHistory,
  checkHoldsKept,
  checkMoney,
  checkPaymentsKept,
  checkSeatsAtAnyTime,
} from './check-history.ts'
import { newFanRecord } from './history.ts'
import type { FanRecord, FinalFacts, PlaceRecord } from './history.ts'

const fan = (userId: string, change: Partial<FanRecord> = {}): FanRecord => ({
  ...newFanRecord(userId),
  ...change,
})
const of = (...fans: FanRecord[]) => ({ fans, repeats: [] })
const facts = (change: Partial<FinalFacts> = {}): FinalFacts => ({
  reservations: new Map(),
  seats: new Map(),
  payments: new Map(),
  balances: new Map(),
  ...change,
})
const payment = {
  paymentId: 'p1',
  reservationId: 'r1',
  amount: 100,
  method: 'BALANCE',
  approved: true,
  failed: false,
  cancelled: false,
} as const

test('every check has a name that says what holds, and the one of the room only where the room has a limit', () => {
  const names = (maxActive: number | undefined) =>
    checkHistory(of(), facts(), maxActive).map(({ name }) => name)
  expect(names(5)).toEqual([
    'no seat is given to two people at once',
    'no seat is confirmed to two people in the end',
    'every hold is kept: CONFIRMED by one payment, CANCELLED by its owner',
    'every payment is kept: paid is CONFIRMED, cancelled is REFUNDED',
    'the same key gives the same answer',
    'people are admitted in the order of their places',
    'never more than 5 people are in (most seen: 0)',
    'each wallet holds what was charged, less what was paid, with refunds back in it',
  ])
  expect(names(undefined)).toHaveLength(7)
})

describe('a seat at any time', () => {
  const violations = (...spans: readonly (readonly [number, number])[]) =>
    checkSeatsAtAnyTime(
      of(
        ...spans.map(([heldAt, releasedAt], index) =>
          fan(`fan-${index}`, {
            holds: [
              {
                reservationId: `r${index}`,
                seatIds: [7],
                amount: 1,
                heldAt,
                expiresAt: 300_000,
                releasedAt,
                confirmedAt: undefined,
              },
            ],
          }),
        ),
      ),
      facts(),
    ).violations

  test('may have one owner after the other, however they are listed, from one millisecond to the next', () => {
    expect(violations([200, 300], [0, 100])).toEqual([])
    expect(violations([0, 100], [100, 200])).toEqual([])
    expect(violations([0, 101], [100, 200])).toHaveLength(1)
  })

  test('is the first of those who have it longest', () => {
    expect(violations([0, 100], [10, 100], [20, 30])).toEqual([
      "seat 7 was given to fan-1 (r1) while it was fan-0 (r0)'s",
      "seat 7 was given to fan-2 (r2) while it was fan-0 (r0)'s",
    ])
  })
})

test('a payment that the system knows nothing of confirms no reservation', () => {
  const hold = {
    reservationId: 'r1',
    seatIds: [7],
    amount: 100,
    heldAt: 0,
    expiresAt: 1,
    releasedAt: undefined,
    confirmedAt: 1,
  }
  const { violations } = checkHoldsKept(
    of(fan('a', { holds: [hold], payments: [payment] })),
    facts({ reservations: new Map([['r1', 'CONFIRMED']]) }),
  )
  expect(violations).toEqual(['reservation r1 of a is CONFIRMED by 0 approved payments'])
})

describe('a payment', () => {
  const check = (change: object, status: string, reservation?: string) =>
    checkPaymentsKept(
      of(fan('a', { payments: [{ ...payment, ...change }] })),
      facts({
        payments: new Map([['p1', { status, amount: 100 }]]),
        reservations: new Map(reservation === undefined ? [] : [['r1', reservation]]),
      }),
    )

  test('that is not kept is told with what became of it', () => {
    expect(check({}, 'REFUNDED', 'EXPIRED')).toMatchObject({
      checked: 1,
      violations: ['payment p1 of a is REFUNDED with its reservation EXPIRED, not APPROVED with CONFIRMED'],
    })
    expect(check({ cancelled: true }, 'REFUNDED').violations).toEqual([
      'payment p1 of a is REFUNDED with its reservation not asked, not REFUNDED with CANCELLED',
    ])
    expect(check({}, 'PENDING', 'HOLD').violations).toEqual(['payment p1 of a never settled'])
    expect(check({ approved: false }, 'APPROVED', 'EXPIRED').violations).toEqual([
      'payment p1 of a is APPROVED with its reservation EXPIRED',
    ])
  })
})

test('of repeated requests those are told whose answers differ', () => {
  const repeats = [
    { userId: 'a', what: 'charge', problem: undefined },
    { userId: 'b', what: 'payment', problem: 'two effects: 1 and 2' },
  ] as const
  const check = checkHistory({ fans: [], repeats: [...repeats] }, facts(), undefined)[4]
  expect(check).toMatchObject({ checked: 2, violations: ['payment of b: two effects: 1 and 2'] })
})

const at = (sequence: number, change: Partial<PlaceRecord>): FanRecord =>
  fan(`fan-${sequence}`, {
    place: {
      sequence,
      lastWaitingAt: undefined,
      firstActiveAt: undefined,
      activeFrom: undefined,
      activeUntil: undefined,
      ...change,
    },
  })

describe('the order of admission', () => {
  const waits = at(1, { lastWaitingAt: 12_001 })

  test('is told by the first one behind who was in, two seconds being the clocks’', () => {
    const fans = [
      at(4, {}),
      at(3, { firstActiveAt: 10_000 }),
      at(2, { firstActiveAt: 30_000 }),
      fan('no place'),
    ]
    expect(checkAdmissionOrder(of(waits, ...fans))).toMatchObject({
      checked: 4,
      violations: ['fan-1 (place 1) still waited 2001 ms after fan-3 (place 3) was in'],
    })
    expect(checkAdmissionOrder(of(at(1, { lastWaitingAt: 12_000 }), ...fans)).violations).toEqual([])
  })

  test('names the furthest behind of those who were in at once', () => {
    const fans = [at(2, { firstActiveAt: 10_000 }), at(3, { firstActiveAt: 10_000 })]
    expect(checkAdmissionOrder(of(waits, ...fans)).violations).toEqual([expect.stringContaining('fan-3')])
  })
})

describe('how many are in', () => {
  const inside = (activeFrom: number | undefined, activeUntil: number | undefined) =>
    at(1, { activeFrom, activeUntil })

  test('is told with the most that were seen', () => {
    expect(checkActive(of(inside(0, 10), inside(5, 15)), 1)).toEqual({
      name: 'never more than 1 people are in (most seen: 2)',
      checked: 2,
      violations: ['2 people were in at once'],
    })
  })

  test('counts nobody whose stay is not known from beginning to end', () => {
    const unknown = [fan('no place'), inside(undefined, 10), inside(0, undefined), inside(5, 5), inside(9, 3)]
    expect(checkActive(of(...unknown), 1)).toMatchObject({ checked: 0, violations: [] })
  })

  test('the one who leaves makes room for the one who comes, whoever is listed first', () => {
    expect(checkActive(of(inside(10, 20), inside(0, 10)), 1).violations).toEqual([])
  })
})

test('a wallet that was never charged is judged too, and told in full', () => {
  const check = (balance: number, change: Partial<FanRecord> = {}) =>
    checkMoney(
      of(fan('a', change)),
      facts({
        balances: new Map([['a', balance]]),
        payments: new Map([['p1', { status: 'APPROVED', amount: 100 }]]),
      }),
    )
  expect(check(5)).toMatchObject({ checked: 1, violations: ['a charged 0, paid 0, and has 5'] })
  expect(check(1, { charged: 100, payments: [payment] }).violations).toEqual([
    'a charged 100, paid 100, and has 1',
  ])
})
