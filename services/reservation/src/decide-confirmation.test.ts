import { describe, expect, test } from '@jest/globals'
import { decideConfirmation } from './decide-confirmation.ts'
import type { ReservationStatus } from './reservation.ts'

const seat = { seatId: 7, seatNumber: 7, section: 'A', row: '1', grade: 'VIP', price: 500 }
const found = (status: ReservationStatus, hasItsSeats = true) => ({
  reservation: {
    reservationId: 'r',
    userId: '101',
    scheduleId: 1,
    status,
    totalAmount: 500,
    seats: [seat],
    paymentId: null,
  },
  hasItsSeats,
})
const command = { paymentId: 'p', userId: '101', amount: 500 }

describe('decideConfirmation', () => {
  test('a live hold with its seats is sold to a payment of its owner and amount', () => {
    expect(decideConfirmation(command, found('HOLD'), false)).toEqual({
      kind: 'confirm',
      payload: {
        paymentId: 'p',
        reservationId: 'r',
        userId: '101',
        scheduleId: 1,
        seatIds: [7],
        totalAmount: 500,
      },
    })
  })

  test.each([
    ['no such reservation', undefined, command, false, 'RESERVATION_NOT_FOUND'],
    ['another user', found('HOLD'), { ...command, userId: '102' }, false, 'RESERVATION_NOT_FOUND'],
    ['another amount', found('HOLD'), { ...command, amount: 499 }, false, 'RESERVATION_NOT_FOUND'],
    ['ran out', found('EXPIRED'), command, false, 'RESERVATION_EXPIRED'],
    ['lost a seat', found('HOLD', false), command, false, 'RESERVATION_EXPIRED'],
    ['cancelled', found('CANCELLED'), command, false, 'RESERVATION_CANCELLED'],
    ['sold before', found('CONFIRMED'), command, false, 'ALREADY_PAID'],
    ['the schedule is off', found('HOLD'), command, true, 'RESERVATION_CANCELLED'],
  ] as const)('%s: refused', (_name, reservation, asked, isOff, reason) => {
    expect(decideConfirmation(asked, reservation, isOff)).toEqual({ kind: 'refuse', reason })
  })
})
