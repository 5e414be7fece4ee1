import type { VerifyTokenRequest } from '@frontrow/proto/gen/frontrow/queue/v1/VerifyTokenRequest'
import type { VerifyTokenResponse__Output as VerifyTokenResponse } from '@frontrow/proto/gen/frontrow/queue/v1/VerifyTokenResponse'
import { QueueService } from '@frontrow/proto/services'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'
import { z } from 'zod'
import type { QueueContext } from '../src/context.ts'
import type { RunningQueue } from '../src/start.ts'
import { extendByToken } from './extend-by-token.ts'
import { QueueClient, startQueueService, targetOf } from './queue-under-test.ts'
import type { Answer, StandInCatalog } from './queue-under-test.ts'

/** What one instance is asked through. */
export interface QueueInstance {
  client: QueueClient
  verify(request: VerifyTokenRequest): Promise<VerifyTokenResponse>
  /** Moves the deadline of an ACTIVE token's place out, as a hold does; returns the deadline after it. */
  extend(token: string, untilMs: number): Promise<number>
  httpPort: number
  ctx: QueueContext
}

/** Queue services on the same PostgreSQL and Redis. */
export interface QueueInstances {
  all: readonly QueueInstance[]
  /** One of them; numbers past the last begin at the first again, as a gateway would spread requests. */
  at(index: number): QueueInstance
  stop(): Promise<void>
}

const COUNT = 3
const CALL_LIMITS = { deadlineMs: 10_000, retriable: false }

/** Starts three instances. */
export async function startQueueInstances(
  environment: TestEnvironment,
  catalog: StandInCatalog,
  change: Record<string, string>,
  options: { usesRedis?: boolean } = {},
): Promise<QueueInstances> {
  const running: RunningQueue[] = []
  const closers: (() => void)[] = []
  const stop = async (): Promise<void> => {
    for (const close of closers) close()
    await Promise.all(running.map((queue) => queue.stop()))
  }
  try {
    for (let instance = 0; instance < COUNT; instance += 1) {
      running.push(await startQueueService(environment, catalog, change, options))
    }
  } catch (error) {
    await stop()
    throw error
  }
  const all = running.map((queue) => {
    const target = targetOf(queue)
    const grpc = new QueueService(target.address, target.credentials, target.channelOptions)
    closers.push(() => {
      grpc.close()
      target.close()
    })
    const verify = target.unary<VerifyTokenRequest, VerifyTokenResponse>(
      'VerifyToken',
      (...call) => grpc.verifyToken(...call),
      CALL_LIMITS,
    )
    const extend = (token: string, untilMs: number) => extendByToken(queue.ctx, token, untilMs)
    return { client: new QueueClient(queue), verify, extend, httpPort: queue.ports.http, ctx: queue.ctx }
  })
  return {
    all,
    at(index) {
      const found = all[index % all.length]
      if (found === undefined) throw new Error('no queue service runs')
      return found
    },
    stop,
  }
}

const placeSchema = z.object({
  token: z.string(),
  scheduleId: z.int(),
  status: z.enum(['WAITING', 'ACTIVE']),
  sequence: z.int(),
  queuePosition: z.int(),
  serverTime: z.iso.datetime().transform(Date.parse),
  expiresAt: z.iso.datetime().transform(Date.parse),
})

/** Where somebody stands, as an answer tells it; times in milliseconds since the epoch, by the server's clock. */
export type SeenPlace = z.output<typeof placeSchema>

/** The place of an answer; throws on any other one. */
export function placeOf(answer: Answer): SeenPlace {
  if (answer.status !== 200) throw new Error(`no place but ${answer.status} ${answer.code}`)
  return placeSchema.parse(answer.data)
}

const roomSchema = z.object({
  waiting: z.int(),
  active: z.int(),
  admitted: z.int(),
  maxActive: z.int().nullable(),
  admitPerSecond: z.int(),
  paused: z.boolean(),
})

/** What an admin sees of a room now. */
export async function watchRoom(
  instance: QueueInstance,
  scheduleId: number,
): Promise<z.output<typeof roomSchema>> {
  const path = `/admin/queues/${scheduleId}`
  return roomSchema.parse((await instance.client.call('GET', path, { user: 'boss', admin: true })).data)
}

/** New limits of a room; throws where they are refused. */
export async function steer(instance: QueueInstance, scheduleId: number, limits: object): Promise<void> {
  const answer = await instance.client.steer(scheduleId, limits)
  if (answer.status !== 200) throw new Error(`not steered but ${answer.status} ${answer.code}`)
}
