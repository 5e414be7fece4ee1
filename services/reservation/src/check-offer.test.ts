import { expect, test } from '@jest/globals'
import { isRefusal, refuse } from '@frontrow/proto/refusals'
import { checkOffer } from './check-offer.ts'
import type { SeatChoice } from './check-offer.ts'
import { SeatLayout } from './seat-layout.ts'

const OPENS = Date.parse('2026-11-21T12:00:00Z')
const CLOSES = OPENS + 3_600_000
const PERFORMS = CLOSES + 1_800_000
const layout = new SeatLayout([
  { firstSeatId: 1, firstSeatNumber: 1, seatCount: 3, section: 'A', row: '1', grade: 'R', price: 100 },
])

interface Situation {
  now?: number
  status?: string
  choice?: SeatChoice
  /** What the waiting room says of the token. */
  refusal?: Error
}

/** The seats on offer, or how the offer was refused; `asked` is what the waiting room was asked. */
async function offer({ now = OPENS, status = 'ON_SALE', choice = { quantity: 2 }, refusal }: Situation) {
  const asked: object[] = []
  const schedule = {
    scheduleId: 7,
    concertId: 1,
    concertTitle: 'Night',
    venueId: 1,
    venueName: 'Hall',
    performanceAtMs: PERFORMS,
    waitingRoomOpenAtMs: OPENS,
    bookingOpenAtMs: OPENS,
    bookingCloseAtMs: CLOSES,
    status,
    seatCount: 3,
    noOrphanSeats: false,
    timeZone: 'Asia/Seoul',
    refundableUntilMs: 0,
  }
  const neighbours = {
    verifyToken: async (question: { token: string; scheduleId: number; userId: string }) => {
      asked.push(question)
      if (refusal !== undefined) throw refusal
      return { scheduleId: 7, userId: '101', activeUntilMs: CLOSES, sequence: 12 }
    },
    schedules: {
      schedule: async () => schedule,
      layout: async () => layout,
      forget: () => undefined,
    },
    now: () => new Date(now),
  }
  const question = { userId: '101', scheduleId: 7, queueToken: 'token', choice }
  try {
    return { offered: await checkOffer(neighbours, question), asked }
  } catch (error) {
    if (!isRefusal(error)) throw error
    return { code: error.code, message: error.message, details: error.details, asked }
  }
}

test('who is let in is offered the seats of a schedule that is open, by number or by quantity', async () => {
  for (const choice of [{ quantity: 2 }, { seatIds: [1, 3] }]) {
    expect(await offer({ choice })).toEqual({
      offered: { layout, noOrphanSeats: false, queueSequence: 12 },
      asked: [{ token: 'token', scheduleId: 7, userId: '101' }],
    })
  }
})

test('who is not let in learns nothing of the seats', async () => {
  const refusal = refuse('QUEUE_TOKEN_NOT_ACTIVE', 'wait')
  expect(await offer({ refusal, choice: { seatIds: [99] } })).toMatchObject({
    code: 'QUEUE_TOKEN_NOT_ACTIVE',
  })
})

test('booking is open from the very millisecond of its opening until before that of its end', async () => {
  expect(await offer({ now: OPENS })).toMatchObject({ offered: { layout } })
  expect(await offer({ now: CLOSES - 1 })).toMatchObject({ offered: { layout } })
  const refusals = [
    [OPENS - 1, 'NOT_OPEN', 'booking is not open yet'],
    [CLOSES, 'CLOSED', 'booking has closed'],
    [PERFORMS, 'BEGUN', 'the show has begun'],
  ] as const
  for (const [now, phase, message] of refusals) {
    expect(await offer({ now })).toMatchObject({
      code: 'BOOKING_NOT_OPEN',
      message,
      details: {
        phase,
        bookingOpenAt: '2026-11-21T12:00:00.000Z',
        bookingCloseAt: '2026-11-21T13:00:00.000Z',
        performanceAt: '2026-11-21T13:30:00.000Z',
      },
    })
  }
})

test.each([
  ['CLOSED', 'booking has closed'],
  ['CANCELLED', 'the show is cancelled'],
])('a schedule that is %s sells nothing, and says so', async (status, message) => {
  expect(await offer({ status })).toMatchObject({
    code: 'BOOKING_NOT_OPEN',
    message,
    details: { phase: status },
  })
})

test('seats that do not exist are refused by their numbers, and only these', async () => {
  expect(await offer({ choice: { seatIds: [1, 4, 2, 99] } })).toMatchObject({
    code: 'SEAT_NOT_FOUND',
    message: 'the schedule has no seat 4, 99',
    details: { seatIds: [4, 99] },
  })
})
