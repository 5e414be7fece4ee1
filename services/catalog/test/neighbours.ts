import { Server, ServerCredentials } from '@grpc/grpc-js'
import type { sendUnaryData, ServerUnaryCall } from '@grpc/grpc-js'
import type { VerifyTokenRequest__Output as VerifyTokenRequest } from '@frontrow/proto/gen/frontrow/queue/v1/VerifyTokenRequest'
import type { VerifyTokenResponse } from '@frontrow/proto/gen/frontrow/queue/v1/VerifyTokenResponse'
import type { ListTakenSeatsRequest__Output as ListTakenSeatsRequest } from '@frontrow/proto/gen/frontrow/reservation/v1/ListTakenSeatsRequest'
import type { ListTakenSeatsResponse } from '@frontrow/proto/gen/frontrow/reservation/v1/ListTakenSeatsResponse'
import { refuse } from '@frontrow/proto/refusals'
import { QueueService, ReservationService } from '@frontrow/proto/services'
import { unaryHandler } from '@frontrow/service-host/grpc-server'
import { createLogger } from '@frontrow/service-host/logger'
import { createMetrics } from '@frontrow/service-host/metrics'
import { z } from 'zod'

/** What the waiting room says of a token. */
export interface KnownToken {
  scheduleId: number
  userId: string
  status: 'ACTIVE' | 'WAITING'
  activeUntilMs: number
}

/** The queue and the reservation service as the catalog meets them: real gRPC, answers set by the test. */
export interface Neighbours {
  address: string
  tokens: Map<string, KnownToken>
  taken: { held: number[]; sold: number[] }
  /** Calls of ListTakenSeats so far. */
  takenCalls: number
  stop(): Promise<void>
}

const VerifyToken = z.object({
  token: z.string(),
  scheduleId: z.number().optional(),
  userId: z.string().optional(),
})

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
    takenCalls: 0,
    stop: async () => server.forceShutdown(),
  }
  server.addService(QueueService.service, {
    VerifyToken: unaryHandler<VerifyTokenRequest, VerifyTokenResponse, typeof VerifyToken>(
      host,
      'VerifyToken',
      VerifyToken,
      async ({ token, scheduleId, userId }) => {
        const known = neighbours.tokens.get(token)
        const fits =
          known !== undefined &&
          (scheduleId === undefined || known.scheduleId === scheduleId) &&
          (userId === undefined || known.userId === userId)
        if (!fits) throw refuse('QUEUE_TOKEN_INVALID', 'unknown')
        if (known.status === 'WAITING') throw refuse('QUEUE_TOKEN_NOT_ACTIVE', 'still waiting')
        return known
      },
    ),
  })
  server.addService(ReservationService.service, {
    ListTakenSeats: (
      _call: ServerUnaryCall<ListTakenSeatsRequest, ListTakenSeatsResponse>,
      answer: sendUnaryData<ListTakenSeatsResponse>,
    ) => {
      neighbours.takenCalls += 1
      answer(null, { heldSeatIds: neighbours.taken.held, soldSeatIds: neighbours.taken.sold })
    },
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
