import { id } from '@frontrow/values/ids'
import { money } from '@frontrow/values/money'
import { time as isoTime } from '@frontrow/values/time'
import { z } from 'zod'
import type { MapSeat } from './choose-seats.ts'

/** The answers of the API, with the fields that a fan or a check relies on. Times become ms since the epoch. */

const time = isoTime.transform((iso) => Date.parse(iso))

export const placeAnswer = z.object({
  scheduleId: id,
  status: z.enum(['WAITING', 'ACTIVE', 'USED', 'EXPIRED', 'LEFT']),
  sequence: z.number().int().nonnegative(),
  queuePosition: z.number().int().nonnegative(),
  estimatedWaitSeconds: z.number().nullable(),
  estimatedWaitTimeMinutes: z.number().nullable(),
  pollAfterSeconds: z.number().nonnegative(),
  serverTime: time,
  expiresAt: time.nullable(),
})
export type Place = z.output<typeof placeAnswer>

export const joinAnswer = placeAnswer.extend({ token: z.uuid() })

export const nowServingAnswer = z.object({
  scheduleId: id,
  nowServing: z.number().int().nonnegative(),
  waiting: z.number().int().nonnegative(),
  admittedPerMinute: z.number().nonnegative(),
  paused: z.boolean(),
  serverTime: time,
})

export const seatMapAnswer = z.object({
  scheduleInfo: z.looseObject({}),
  seats: z.array(
    z.object({
      seatId: id,
      price: money,
      status: z.enum(['AVAILABLE', 'HOLD', 'SOLD_OUT', 'BLOCKED']),
    }) satisfies z.ZodType<MapSeat>,
  ),
})

export const scheduleAnswer = z.object({
  status: z.string(),
  seatCount: z.int().positive(),
  availableSeats: z.int().nonnegative(),
  grades: z.array(z.object({ price: money })).min(1),
})

const seatId = z.union([id, z.object({ seatId: id }).transform((seat) => seat.seatId)])

export const holdAnswer = z.object({
  reservationId: z.uuid(),
  reservationNumber: z.string().min(1),
  userId: z.string(),
  scheduleId: id,
  seats: z.array(seatId),
  totalAmount: money,
  status: z.literal('HOLD'),
  reservedAt: time,
  expiresAt: time,
})

export const reservationAnswer = z.object({
  reservationId: z.uuid(),
  userId: z.string(),
  seats: z.array(seatId),
  totalAmount: money,
  status: z.enum(['HOLD', 'CONFIRMED', 'CANCELLED', 'EXPIRED']),
})

// Loose, because the whole answer to a repeated request is compared, with the fields that nobody here reads.
export const paymentAnswer = z.looseObject({
  paymentId: z.uuid(),
  reservationId: z.uuid(),
  userId: z.string(),
  amount: money,
  paymentMethod: z.enum(['BALANCE', 'CARD']),
  status: z.enum(['PENDING', 'APPROVED', 'FAILED', 'REFUNDED']),
})
export type Payment = z.output<typeof paymentAnswer>

const receipt = z.looseObject({
  userId: z.string(),
  chargedAmount: money,
  currentBalance: money,
  transactionId: z.string().min(1),
  chargedAt: z.iso.datetime(),
})
export type Receipt = z.output<typeof receipt>

export const chargeStateAnswer = z.object({
  userId: z.string(),
  transactionId: z.string().min(1),
  status: z.enum(['CHARGING', 'CHARGED', 'FAILED']),
  amount: money,
  currentBalance: money.nullable(),
})

export const chargeAnswer = z.union([receipt, chargeStateAnswer])

export const cancelAnswer = z.object({
  reservationId: z.uuid(),
  status: z.literal('CANCELLED'),
  refund: z.object({ paymentId: z.uuid(), status: z.enum(['PENDING', 'REFUNDED']) }).nullable(),
})

export const balanceAnswer = z.object({
  userId: z.string(),
  currentBalance: money,
  totalCharged: money,
  totalUsed: money,
})

export const roomAnswer = z.object({
  maxActive: z.number().int().positive().nullable(),
  admitPerSecond: z.number().positive().nullable(),
  paused: z.boolean(),
})

export const auditAnswer = z.object({
  holds: z.boolean(),
  checkedAt: z.iso.datetime(),
  invariants: z.array(
    z.object({
      number: z.number().int(),
      name: z.string(),
      holds: z.boolean(),
      checked: z.number().int().nonnegative(),
      violations: z.array(z.unknown()),
    }),
  ),
})
export type AuditResult = z.output<typeof auditAnswer>

/** The `details` of SEAT_TAKEN: the seats that somebody else has. */
export const takenSeats = z.object({ seatIds: z.array(id) })
