import { randomUUID } from 'node:crypto'
import { toHeaders } from '@frontrow/messaging/envelope'
import { createKafka, createProducer } from '@frontrow/messaging/kafka'
import { topics } from '@frontrow/proto/topics'
import { createLogger } from '@frontrow/service-host/logger'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'

/** Says what the payment service would say. */
export interface PaymentsStandIn {
  /** Publishes that somebody's payment was approved. */
  approve(scheduleId: number, userId: string): Promise<void>
  stop(): Promise<void>
}

/** Connects to the broker of the test. */
export async function startPayments(environment: TestEnvironment): Promise<PaymentsStandIn> {
  const kafka = createKafka({
    clientId: 'payment-stand-in',
    brokers: environment.kafkaBrokers.split(','),
    logger: createLogger({ service: 'payment-stand-in', level: 'silent' }),
  })
  const producer = createProducer(kafka)
  await producer.connect()
  return {
    async approve(scheduleId, userId) {
      const reservationId = randomUUID()
      const event = { paymentId: randomUUID(), reservationId, userId, scheduleId }
      const headers = toHeaders({
        id: randomUUID(),
        type: 'PaymentApproved',
        source: 'frontrow/payment',
        time: new Date(),
        traceparent: null,
        requestId: null,
      })
      const value = JSON.stringify({ ...event, amount: 1, paymentMethod: 'BALANCE' })
      await producer.send({
        topic: environment.topicPrefix + topics.paymentEvents,
        acks: -1,
        messages: [{ key: reservationId, value, headers }],
      })
    },
    stop: () => producer.disconnect(),
  }
}
