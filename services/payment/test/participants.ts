import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import * as grpc from '@grpc/grpc-js'
import { toHeaders } from '@frontrow/messaging/envelope'
import { createConsumer, createKafka, createProducer } from '@frontrow/messaging/kafka'
import type { PaymentFact } from '@frontrow/proto/gen/frontrow/audit/v1/PaymentFact'
import type { Reservation } from '@frontrow/proto/gen/frontrow/reservation/v1/Reservation'
import { AuditService, CatalogService, ReservationService } from '@frontrow/proto/services'
import { topics } from '@frontrow/proto/topics'
import { ERROR_CODE } from '@frontrow/service-host/grpc-server'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'
import { pino } from 'pino'

/** The catalog knows the schedules below it. */
export const UNKNOWN_SCHEDULE = 1_000_000

/** A command as it came over Kafka. */
interface ReceivedCommand {
  id: string
  type: string
  value: { paymentId: string; reservationId?: string; userId: string; amount: number }
}

/** The reply to give, or null to stay silent. */
export type Answer = (command: ReceivedCommand) => { type: string; payload: object } | null

/** The other services of the saga, played by the test over real Kafka and gRPC. */
export interface Participants {
  address: string
  /** Reservations that GetReservation knows, by id. */
  reservations: Map<string, Reservation>
  /** Whether GetReservations answers nobody. */
  isAway: boolean
  /** What the other services tell the audit; each tells the same. */
  facts: PaymentFact[]
  commands: ReceivedCommand[]
  answer: Answer
  publish(topic: string, key: string, type: string, payload: object | string, id?: string): Promise<void>
  stop(): Promise<void>
}

const replyTopic: Record<string, string> = {
  DebitWallet: topics.walletEvents,
  RefundWallet: topics.walletEvents,
  ConfirmReservation: topics.reservationEvents,
}

/** Everything says yes. */
export const willing: Answer = ({ type, value }) => {
  switch (type) {
    case 'DebitWallet':
      return { type: 'WalletDebited', payload: { ...value, balance: 0 } }
    case 'RefundWallet':
      return { type: 'WalletRefunded', payload: { ...value, refundedAmount: value.amount } }
    default:
      return {
        type: 'ReservationConfirmed',
        payload: { ...value, scheduleId: 42, seatIds: [1], totalAmount: value.amount },
      }
  }
}

/** `commandMs` is how long the wallet and the reservations take for a command each, one after the other. */
export async function startParticipants(
  environment: TestEnvironment,
  { commandMs = 0 }: { commandMs?: number } = {},
): Promise<Participants> {
  const kafka = createKafka({
    clientId: 'participants',
    brokers: environment.kafkaBrokers.split(','),
    logger: pino({ level: 'silent' }),
  })
  const producer = createProducer(kafka)
  await producer.connect()
  const consumer = createConsumer(kafka, `${environment.topicPrefix}participants`)
  const grpcServer = new grpc.Server()
  const participants: Participants = {
    address: '',
    reservations: new Map(),
    isAway: false,
    facts: [],
    commands: [],
    answer: willing,
    async publish(topic, key, type, payload, id = randomUUID()) {
      await producer.send({
        topic: environment.topicPrefix + topic,
        messages: [
          {
            key,
            value: typeof payload === 'string' ? payload : JSON.stringify(payload),
            headers: toHeaders({
              id,
              type,
              source: 'frontrow/test',
              time: new Date(),
              traceparent: null,
              requestId: null,
            }),
          },
        ],
      })
    },
    async stop() {
      await consumer.disconnect()
      await producer.disconnect()
      grpcServer.forceShutdown()
    },
  }
  await consumer.connect()
  await consumer.subscribe({
    topics: [topics.walletCommands, topics.reservationCommands].map(
      (topic) => environment.topicPrefix + topic,
    ),
    fromBeginning: true,
  })
  const free = new Map<string, Promise<void>>()
  const takeTurn = (topic: string): Promise<void> => {
    const turn = (free.get(topic) ?? Promise.resolve()).then(() => delay(commandMs))
    free.set(topic, turn)
    return turn
  }
  await consumer.run({
    partitionsConsumedConcurrently: commandMs > 0 ? 20 : 1,
    eachMessage: async ({ topic: commandTopic, message }) => {
      // A command that comes again is known by its id, which costs next to nothing.
      const isNew = !participants.commands.some(({ id }) => id === String(message.headers?.['ce_id']))
      if (commandMs > 0 && isNew) await takeTurn(commandTopic)
      const value: ReceivedCommand['value'] = JSON.parse(String(message.value))
      const command = {
        id: String(message.headers?.['ce_id']),
        type: String(message.headers?.['ce_type']),
        value,
      }
      participants.commands.push(command)
      const reply = participants.answer(command)
      const topic = replyTopic[command.type]
      if (reply !== null && topic !== undefined) {
        await participants.publish(topic, value.reservationId ?? value.paymentId, reply.type, reply.payload)
      }
    },
  })
  addServices(grpcServer, participants)
  const port = await new Promise<number>((resolve, reject) => {
    grpcServer.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    )
  })
  participants.address = `127.0.0.1:${port}`
  return participants
}

function addServices(server: grpc.Server, participants: Participants): void {
  server.addService(ReservationService.service, {
    GetReservations: (
      call: grpc.ServerUnaryCall<{ reservationIds: string[] }, object>,
      callback: grpc.sendUnaryData<object>,
    ) => {
      if (participants.isAway) return callback({ code: grpc.status.UNAVAILABLE })
      const found = call.request.reservationIds.map((id) => participants.reservations.get(id))
      callback(null, { reservations: found.filter((reservation) => reservation !== undefined) })
    },
    ListTakenSeats: (_call: unknown, callback: grpc.sendUnaryData<object>) => callback(null, {}),
  })
  server.addService(CatalogService.service, {
    GetSchedule: (
      { request: { scheduleId } }: grpc.ServerUnaryCall<{ scheduleId: number }, object>,
      callback: grpc.sendUnaryData<object>,
    ) => {
      if (scheduleId < UNKNOWN_SCHEDULE) return callback(null, { scheduleId })
      const metadata = new grpc.Metadata()
      metadata.set(ERROR_CODE, 'SCHEDULE_NOT_FOUND')
      callback({ code: grpc.status.NOT_FOUND, details: 'no such schedule', metadata })
    },
  })
  server.addService(AuditService.service, {
    CheckInvariants: (_call: unknown, callback: grpc.sendUnaryData<object>) =>
      callback(null, { invariants: [] }),
    ListPaymentFacts: (
      { request }: grpc.ServerUnaryCall<{ afterPaymentId: string }, object>,
      callback: grpc.sendUnaryData<object>,
    ) => {
      const facts = participants.facts.filter(({ paymentId = '' }) => paymentId > request.afterPaymentId)
      callback(null, { facts })
    },
  })
}
