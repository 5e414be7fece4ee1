import { adminActionsPage, listAdminActions } from '@frontrow/admin-actions/list-admin-actions'
import { auditCallers, reservationCallers } from '@frontrow/proto/callers'
import type { AuditServiceHandlers } from '@frontrow/proto/gen/frontrow/audit/v1/AuditService'
import type { ReservationServiceHandlers } from '@frontrow/proto/gen/frontrow/reservation/v1/ReservationService'
import { AuditService, ReservationService } from '@frontrow/proto/services'
import { unaryHandler } from '@frontrow/service-host/grpc-server'
import type { ServiceHost } from '@frontrow/service-host/host'
import { SHARED_CALL_MAX } from '@frontrow/service-host/shared-calls'
import { id, uuid } from '@frontrow/values/ids'
import { z } from 'zod'
import { checkInvariants } from './check-invariants.ts'
import { refusalNow } from './check-show.ts'
import type { Context } from './context.ts'
import { getReservation } from './get-reservations.ts'
import type { Reservation } from './reservation.ts'
import { blockSeats, unblockSeats } from './house-seats.ts'
import { countCancellation } from './sql/cancelled-schedules.ts'
import { findReservations, listLiveWithSeats, listPaymentFacts } from './sql/reservations.ts'
import { countTakenSeats, listTakenSeats } from './sql/seat-holds.ts'

const HouseSeats = z.object({ scheduleId: id, seatIds: z.array(id).min(1).max(1_000) })
const SeatRange = z.object({ scheduleId: id, firstSeatId: id, lastSeatId: id })
const LOWEST_ID = '00000000-0000-0000-0000-000000000000'

/** The gRPC side: what other services may ask. */
export function addGrpcMethods(host: ServiceHost, ctx: Context): void {
  host.grpc.add(ReservationService.service, reservationCallers, reservationMethods(host, ctx))
  host.grpc.add(AuditService.service, auditCallers, auditMethods(host, ctx))
}

function reservationMethods(host: ServiceHost, ctx: Context): ReservationServiceHandlers {
  return {
    GetReservation: unaryHandler(
      host,
      'GetReservation',
      z.object({ reservationId: uuid }),
      async ({ reservationId }) => toPayable(ctx, await getReservation(ctx, reservationId, null)),
    ),
    GetReservations: unaryHandler(
      host,
      'GetReservations',
      z.object({ reservationIds: z.array(uuid).max(SHARED_CALL_MAX) }),
      async ({ reservationIds }) => {
        const found = await findReservations(ctx.pool, reservationIds)
        return { reservations: await Promise.all(found.map((reservation) => toPayable(ctx, reservation))) }
      },
    ),
    ListTakenSeats: unaryHandler(
      host,
      'ListTakenSeats',
      z.object({ scheduleId: id }),
      async ({ scheduleId }) => {
        const taken = await listTakenSeats(ctx.pool, scheduleId)
        return {
          heldSeatIds: taken.filter((seat) => !seat.isSold && !seat.isBlocked).map((seat) => seat.seatId),
          soldSeatIds: taken.filter((seat) => seat.isSold).map((seat) => seat.seatId),
          blockedSeatIds: taken.filter((seat) => seat.isBlocked).map((seat) => seat.seatId),
        }
      },
    ),
    CountTakenSeats: unaryHandler(
      host,
      'CountTakenSeats',
      z.object({ ranges: z.array(SeatRange).max(1_000) }),
      async ({ ranges }) => ({ taken: await countTakenSeats(ctx.pool, ranges) }),
    ),
    ListLiveReservations: unaryHandler(
      host,
      'ListLiveReservations',
      z.object({
        scheduleId: id,
        afterReservationId: z.union([uuid, z.literal('')]),
        limit: z.int().min(1).max(5_000),
      }),
      async ({ scheduleId, afterReservationId, limit }) => ({
        reservations: await listLiveWithSeats(ctx.pool, scheduleId, {
          afterReservationId: afterReservationId || LOWEST_ID,
          limit,
        }),
      }),
    ),
    GetCancellationProgress: unaryHandler(
      host,
      'GetCancellationProgress',
      z.object({ scheduleId: id }),
      ({ scheduleId }) => countCancellation(ctx.pool, scheduleId),
    ),
    BlockSeats: unaryHandler(host, 'BlockSeats', HouseSeats, async (request) => ({
      changedSeatIds: await blockSeats(ctx, request),
    })),
    UnblockSeats: unaryHandler(host, 'UnblockSeats', HouseSeats, async (request) => ({
      changedSeatIds: await unblockSeats(ctx, request),
    })),
  }
}

function auditMethods(host: ServiceHost, ctx: Context): AuditServiceHandlers {
  return {
    CheckInvariants: unaryHandler(host, 'CheckInvariants', z.object({}), async () => ({
      invariants: await checkInvariants(ctx),
    })),
    ListPaymentFacts: unaryHandler(
      host,
      'ListPaymentFacts',
      z.object({
        afterPaymentId: z.union([z.uuid(), z.literal('')]),
        limit: z.int().min(1).max(5_000),
      }),
      async ({ afterPaymentId, limit }) => ({
        facts: await listPaymentFacts(ctx.pool, afterPaymentId || LOWEST_ID, limit),
      }),
    ),
    ListAdminActions: unaryHandler(host, 'ListAdminActions', adminActionsPage, async (page) => ({
      actions: await listAdminActions(ctx.pool, page),
    })),
  }
}

async function toPayable(ctx: Context, reservation: Reservation) {
  const message = toMessage(reservation)
  if (reservation.status !== 'HOLD') return message
  const refusal = await refusalNow(ctx, 'pay', reservation.scheduleId)
  return { ...message, notPayable: refusal?.message ?? '' }
}

function toMessage(reservation: Reservation) {
  return {
    reservationId: reservation.reservationId,
    reservationNumber: reservation.reservationNumber,
    userId: reservation.userId,
    scheduleId: reservation.scheduleId,
    seats: reservation.seats,
    totalAmount: reservation.totalAmount,
    status: reservation.status,
    reservedAtMs: reservation.reservedAt.getTime(),
    expiresAtMs: reservation.expiresAt.getTime(),
    paymentId: reservation.paymentId ?? '',
  }
}
