import { Server, ServerCredentials } from '@grpc/grpc-js'
import type { sendUnaryData, ServerUnaryCall } from '@grpc/grpc-js'
import type { VerifyTokensRequest__Output as VerifyTokensRequest } from '@frontrow/proto/gen/frontrow/queue/v1/VerifyTokensRequest'
import type { TokenOutcome } from '@frontrow/proto/gen/frontrow/queue/v1/TokenOutcome'
import type { VerifyTokensResponse } from '@frontrow/proto/gen/frontrow/queue/v1/VerifyTokensResponse'
import type { CancellationProgress } from '@frontrow/proto/gen/frontrow/reservation/v1/CancellationProgress'
import type { GetCancellationProgressRequest__Output as GetCancellationProgressRequest } from '@frontrow/proto/gen/frontrow/reservation/v1/GetCancellationProgressRequest'
import type { ListLiveReservationsRequest__Output as ListLiveReservationsRequest } from '@frontrow/proto/gen/frontrow/reservation/v1/ListLiveReservationsRequest'
import type { ListLiveReservationsResponse } from '@frontrow/proto/gen/frontrow/reservation/v1/ListLiveReservationsResponse'
import type { CountTakenSeatsRequest__Output as CountTakenSeatsRequest } from '@frontrow/proto/gen/frontrow/reservation/v1/CountTakenSeatsRequest'
import type { CountTakenSeatsResponse } from '@frontrow/proto/gen/frontrow/reservation/v1/CountTakenSeatsResponse'
import type { HouseSeatsRequest__Output as HouseSeatsRequest } from '@frontrow/proto/gen/frontrow/reservation/v1/HouseSeatsRequest'
import type { HouseSeatsResponse } from '@frontrow/proto/gen/frontrow/reservation/v1/HouseSeatsResponse'
import type { ListTakenSeatsRequest__Output as ListTakenSeatsRequest } from '@frontrow/proto/gen/frontrow/reservation/v1/ListTakenSeatsRequest'
import type { ListTakenSeatsResponse } from '@frontrow/proto/gen/frontrow/reservation/v1/ListTakenSeatsResponse'
import { QueueService, ReservationService } from '@frontrow/proto/services'
import { unaryHandler } from '@frontrow/service-host/grpc-server'
import { createLogger } from '@frontrow/service-host/logger'
import { createMetrics } from '@frontrow/service-host/metrics'
import { z } from 'zod'

/** What the waiting room says of a token. */
export interface KnownToken {
  scheduleId: number
  userId: string
  /** A code is what its check is refused with. */
  status: 'ACTIVE' | 'QUEUE_TOKEN_NOT_ACTIVE' | 'UNAVAILABLE'
  activeUntilMs: number
}

/** The queue and the reservation service as the catalog meets them: real gRPC, answers set by the test. */
export interface Neighbours {
  address: string
  tokens: Map<string, KnownToken>
  taken: { held: number[]; sold: number[]; blocked?: number[] }
  /** What ListLiveReservations answers, by schedule; it is away where the schedule is missing. */
  live: Map<number, { reservationId: string; seatIds: number[] }[]>
  /** What CountTakenSeats counts, by schedule: the ids of taken seats. It is away where a schedule is missing. */
  takenNow: Map<number, number[]>
  /** What GetCancellationProgress answers, by schedule; it is away where the schedule is missing. */
  cancellations: Map<number, CancellationProgress>
  /** Calls of VerifyTokens so far. */
  verifyCalls: number
  /** Calls of ListTakenSeats so far. */
  takenCalls: number
  stop(): Promise<void>
}

const VerifyToken = z.object({
  token: z.string(),
  scheduleId: z.number().optional(),
  userId: z.string().optional(),
})

const VerifyTokens = z.object({ checks: z.array(VerifyToken) })

/** Starts both on one port. */
export async function startNeighbours(): Promise<Neighbours> {
  const host = {
    logger: createLogger({ service: 'neighbours', level: 'silent' }),
    metrics: createMetrics('neighbours', { processMetrics: false }),
  }
  const server = new Server()
  const neighbours: Neighbours = {
    address: '',
    tokens: new Map(),
    taken: { held: [], sold: [] },
    live: new Map(),
    takenNow: new Map(),
    cancellations: new Map(),
    verifyCalls: 0,
    takenCalls: 0,
    stop: async () => server.forceShutdown(),
  }
  const outcomeOf = ({ token, scheduleId, userId }: z.output<typeof VerifyToken>): TokenOutcome => {
    const known = neighbours.tokens.get(token)
    const fits =
      known !== undefined &&
      known.activeUntilMs > Date.now() &&
      (scheduleId === undefined || known.scheduleId === scheduleId) &&
      (userId === undefined || known.userId === userId)
    if (!fits) return { refused: { code: 'QUEUE_TOKEN_INVALID', message: 'unknown' } }
    if (known.status === 'ACTIVE') return { verified: known }
    return { refused: { code: known.status, message: 'no' } }
  }
  server.addService(QueueService.service, {
    VerifyToken: unimplemented,
    VerifyTokens: unaryHandler<VerifyTokensRequest, VerifyTokensResponse, typeof VerifyTokens>(
      host,
      'VerifyTokens',
      VerifyTokens,
      async ({ checks }) => {
        neighbours.verifyCalls += 1
        return { outcomes: checks.map(outcomeOf) }
      },
    ),
  })
  server.addService(ReservationService.service, {
    ListTakenSeats: (
      _call: ServerUnaryCall<ListTakenSeatsRequest, ListTakenSeatsResponse>,
      answer: sendUnaryData<ListTakenSeatsResponse>,
    ) => {
      neighbours.takenCalls += 1
      answer(null, {
        heldSeatIds: neighbours.taken.held,
        soldSeatIds: neighbours.taken.sold,
        blockedSeatIds: neighbours.taken.blocked ?? [],
      })
    },
    CountTakenSeats: (
      { request }: ServerUnaryCall<CountTakenSeatsRequest, CountTakenSeatsResponse>,
      answer: sendUnaryData<CountTakenSeatsResponse>,
    ) => {
      if (request.ranges.some(({ scheduleId }) => !neighbours.takenNow.has(scheduleId))) {
        unimplemented(request, answer)
        return
      }
      const count = ({ scheduleId, firstSeatId, lastSeatId }: CountTakenSeatsRequest['ranges'][number]) =>
        neighbours.takenNow.get(scheduleId)?.filter((id) => id >= firstSeatId && id <= lastSeatId).length ?? 0
      answer(null, { taken: request.ranges.map(count) })
    },
    ListLiveReservations: (
      { request }: ServerUnaryCall<ListLiveReservationsRequest, ListLiveReservationsResponse>,
      answer: sendUnaryData<ListLiveReservationsResponse>,
    ) => {
      const reservations = neighbours.live.get(request.scheduleId)
      if (reservations === undefined) unimplemented(request, answer)
      else answer(null, { reservations })
    },
    GetCancellationProgress: (
      { request }: ServerUnaryCall<GetCancellationProgressRequest, CancellationProgress>,
      answer: sendUnaryData<CancellationProgress>,
    ) => {
      const progress = neighbours.cancellations.get(request.scheduleId)
      if (progress === undefined) unimplemented(request, answer)
      else answer(null, progress)
    },
    BlockSeats: (
      { request }: ServerUnaryCall<HouseSeatsRequest, HouseSeatsResponse>,
      answer: sendUnaryData<HouseSeatsResponse>,
    ) => {
      const { blocked = [] } = neighbours.taken
      const changed = request.seatIds.filter((seatId) => !blocked.includes(seatId))
      neighbours.taken = { ...neighbours.taken, blocked: [...blocked, ...changed] }
      answer(null, { changedSeatIds: changed })
    },
    UnblockSeats: unimplemented,
    GetReservation: unimplemented,
  })
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) => {
      if (error === null) resolve(bound)
      else reject(error)
    })
  })
  neighbours.address = `127.0.0.1:${port}`
  return neighbours
}

function unimplemented(_call: unknown, answer: sendUnaryData<object>): void {
  answer({ code: 12, details: 'not part of this test' })
}
