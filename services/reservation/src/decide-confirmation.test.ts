import { describe, expect, test } from '@jest/globals'
import { decideConfirmation } from './decide-confirmation.ts'
import type { ReservationStatus } from './reservation.ts'

const seat = { seatId: 7, seatNumber: 7, section: 'A', row: '1', grade: 'VIP', price: 500 }
const lockedReservation = (status: ReservationStatus, hasItsSeats = true) => ({
  reservation: {
    reservationId: 'r',
    userId: '101',
    scheduleId: 1,
    status,
    totalAmount: 500,
    seats: [seat],
  },
  hasItsSeats,
})
const command = { paymentId: 'p', userId: '101', amount: 500 }

describe('decideConfirmation', () => {
  test('a live hold with its seats is sold to a payment of its owner and amount', () => {
    expect(decideConfirmation(command, lockedReservation('HOLD'), false)).toEqual({
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
    [
      'another user',
      lockedReservation('HOLD'),
      { ...command, userId: '102' },
      false,
      'RESERVATION_NOT_FOUND',
    ],
    [
      'another amount',
      lockedReservation('HOLD'),
      { ...command, amount: 499 },
      false,
      'RESERVATION_NOT_FOUND',
    ],
    ['ran out', lockedReservation('EXPIRED'), command, false, 'RESERVATION_EXPIRED'],
    ['lost a seat', lockedReservation('HOLD', false), command, false, 'RESERVATION_EXPIRED'],
    ['cancelled', lockedReservation('CANCELLED'), command, false, 'RESERVATION_CANCELLED'],
    ['sold before', lockedReservation('CONFIRMED'), command, false, 'ALREADY_PAID'],
    ['the schedule is cancelled', lockedReservation('HOLD'), command, true, 'RESERVATION_CANCELLED'],
  ] as const)('%s: refused', (_name, locked, sentCommand, isScheduleCancelled, reason) => {
    expect(decideConfirmation(sentCommand, locked, isScheduleCancelled)).toEqual({ kind: 'refuse', reason })
  })
})
