import { catalogCallers, paymentCallers, queueCallers } from '@frontrow/proto/callers'
import type { SeatRun__Output as SeatRun } from '@frontrow/proto/gen/frontrow/catalog/v1/SeatRun'
import { refuse } from '@frontrow/proto/refusals'
import type { RefusalCode } from '@frontrow/proto/refusals'
import { CatalogService, PaymentService, QueueService } from '@frontrow/proto/services'
import { createGrpcServer, unaryHandler } from '@frontrow/service-host/grpc-server'
import { createLogger } from '@frontrow/service-host/logger'
import { createMetrics } from '@frontrow/service-host/metrics'
import { z } from 'zod'

/** A schedule as these tests' catalog knows it: rows of ten, the first two rows VIP. */
interface KnownSchedule {
  status: string
  bookingOpenAtMs: number
  bookingCloseAtMs: number
  noOrphanSeats?: boolean
  /** When booking closes, where it is left out. */
  performanceAtMs?: number
  refundableUntilMs?: number
  runs: SeatRun[]
}

/** Seats 1 to `count` of schedule 1 are 1001, 1002, …; of schedule 2 they are 2001, …. */
export function layOutRuns(scheduleId: number, count: number): SeatRun[] {
  return Array.from({ length: Math.ceil(count / 10) }, (_, row) => ({
    firstSeatId: scheduleId * 1_000 + row * 10 + 1,
    firstSeatNumber: row * 10 + 1,
    seatCount: Math.min(10, count - row * 10),
    section: 'A',
    row: String(row + 1),
    grade: row < 2 ? 'VIP' : 'R',
    price: row < 2 ? 1_500 : 900,
  }))
}

/** The waiting room, the catalog and the payments, as real gRPC servers with canned answers. */
export interface Neighbours {
  queueAddress: string
  catalogAddress: string
  paymentAddress: string
  schedules: Map<number, KnownSchedule>
  /** The refusal of these tokens; all others are ACTIVE. */
  refusedTokens: Map<string, RefusalCode>
  /** How many tokens were checked. */
  verified: number
  /** The sequence of every place. */
  sequence: number
  catalogIsAway: boolean
  queueIsAway: boolean
  payments: Map<string, KnownPayment>
  /** How often a payment was asked for. */
  paymentLooks: number
  stop(): Promise<void>
}

/** A payment as these tests' payment service answers it; what is left out has not happened. */
interface KnownPayment {
  userId: string
  reservationId?: string
  status: string
  createdAtMs: number
  paidAtMs?: number
  endedAtMs?: number
  refused?: { code: string; message: string; reason: string }
}

const tokenRequest = z.object({ token: z.string(), scheduleId: z.number(), userId: z.string() })
const tokenRequests = z.object({ checks: z.array(tokenRequest) })
const scheduleRequest = z.object({ scheduleId: z.number() })
const seatsRequest = scheduleRequest.extend({ afterSeatId: z.number() })

/** Starts them on free ports. */
export async function startNeighbours(): Promise<Neighbours> {
  const host = {
    logger: createLogger({ service: 'test', level: 'silent' }),
    metrics: createMetrics('test', { processMetrics: false }),
  }
  const queue = createGrpcServer()
  const catalog = createGrpcServer()
  const payment = createGrpcServer()
  const neighbours: Neighbours = {
    queueAddress: '',
    catalogAddress: '',
    paymentAddress: '',
    schedules: new Map(),
    refusedTokens: new Map(),
    verified: 0,
    sequence: 17,
    catalogIsAway: false,
    queueIsAway: false,
    payments: new Map(),
    paymentLooks: 0,
    stop: async () => {
      await Promise.all([queue.close(500), catalog.close(500), payment.close(500)])
    },
  }
  const find = (scheduleId: number): KnownSchedule => {
    if (neighbours.catalogIsAway) throw refuse('UNAVAILABLE', 'away')
    const found = neighbours.schedules.get(scheduleId)
    if (found === undefined) throw refuse('SCHEDULE_NOT_FOUND', 'no such schedule')
    return found
  }
  queue.add(QueueService.service, queueCallers, {
    VerifyTokens: unaryHandler(host, 'VerifyTokens', tokenRequests, async ({ checks }) => ({
      outcomes: checks.map(({ token, scheduleId, userId }) => {
        neighbours.verified += 1
        if (neighbours.queueIsAway) return { refused: { code: 'UNAVAILABLE', message: 'away' } }
        const code = neighbours.refusedTokens.get(token)
        if (code !== undefined) return { refused: { code, message: 'refused by the test' } }
        const activeUntilMs = Date.now() + 1_000
        return { verified: { scheduleId, userId, activeUntilMs, sequence: neighbours.sequence } }
      }),
    })),
  })
  catalog.add(CatalogService.service, catalogCallers, {
    GetSchedule: unaryHandler(host, 'GetSchedule', scheduleRequest, async ({ scheduleId }) => {
      const { runs, ...schedule } = find(scheduleId)
      const performanceAtMs = schedule.bookingCloseAtMs
      return {
        scheduleId,
        concertId: 7,
        concertTitle: 'Night',
        venueId: 3,
        venueName: 'Hall',
        timeZone: 'Asia/Seoul',
        performanceAtMs,
        seatCount: runs.reduce((sum, run) => sum + run.seatCount, 0),
        ...schedule,
      }
    }),
    GetSeatRuns: unaryHandler(host, 'GetSeatRuns', seatsRequest, async ({ scheduleId, afterSeatId }) => ({
      runs: find(scheduleId).runs.filter((run) => run.firstSeatId > afterSeatId),
    })),
  })
  payment.add(PaymentService.service, paymentCallers, {
    GetPayment: unaryHandler(
      host,
      'GetPayment',
      z.object({ paymentId: z.string() }),
      async ({ paymentId }) => {
        neighbours.paymentLooks += 1
        const known = neighbours.payments.get(paymentId)
        if (known === undefined) throw refuse('PAYMENT_NOT_FOUND', 'no such payment')
        return { paymentId, reservationId: 'r-1', amount: 1_500, paymentMethod: 'BALANCE', ...known }
      },
    ),
  })
  neighbours.paymentAddress = `127.0.0.1:${await payment.listen('127.0.0.1', 0)}`
  neighbours.queueAddress = `127.0.0.1:${await queue.listen('127.0.0.1', 0)}`
  neighbours.catalogAddress = `127.0.0.1:${await catalog.listen('127.0.0.1', 0)}`
  return neighbours
}
