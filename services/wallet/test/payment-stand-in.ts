import { randomUUID } from 'node:crypto'
import { readEnvelope, toHeaders } from '@frontrow/messaging/envelope'
import type { Envelope } from '@frontrow/messaging/envelope'
import { createConsumer, createKafka, createProducer } from '@frontrow/messaging/kafka'
import { topics } from '@frontrow/proto/topics'
import { deadLetterTopic } from '@frontrow/messaging/dead-letter'
import { eventually } from '@frontrow/test-kit/eventually'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'
import { pino } from 'pino'

type Payload = { paymentId: string } & Record<string, unknown>

/** The payment service's side of the topics: sends commands, collects replies and dead letters. */
export interface PaymentStandIn {
  /** Sends one command; returns its message id. */
  send(type: string, payload: Payload, id?: string): Promise<string>
  /** Sends commands in one request, so that the service fetches many of them together. */
  sendMany(type: string, payloads: readonly Payload[]): Promise<void>
  /** Waits until that many replies about a payment have come, and returns them in order. */
  replies(paymentId: string, count: number): Promise<Envelope[]>
  deadLetters(paymentId: string, count: number): Promise<Envelope[]>
  dispose(): Promise<void>
}

/** Connects to the test file's own topics. */
export async function createPaymentStandIn(environment: TestEnvironment): Promise<PaymentStandIn> {
  const { topicPrefix, kafkaBrokers } = environment
  const kafka = createKafka({
    clientId: 'payment-stand-in',
    brokers: kafkaBrokers.split(','),
    logger: pino({ level: 'silent' }),
  })
  const events = topicPrefix + topics.walletEvents
  const commands = topicPrefix + topics.walletCommands
  const received: Envelope[] = []
  const consumer = createConsumer(kafka, `${topicPrefix}payment-stand-in`)
  const producer = createProducer(kafka)
  await producer.connect()
  await consumer.connect()
  await consumer.subscribe({ topics: [events, deadLetterTopic(commands)], fromBeginning: true })
  await consumer.run({
    eachMessage: async ({ topic, message }) => {
      received.push(readEnvelope(topic, message))
    },
  })
  const about = (topic: string, paymentId: string, count: number): Promise<Envelope[]> =>
    eventually(() => {
      const found = received.filter((message) => message.topic === topic && message.key === paymentId)
      if (found.length < count) throw new Error(`${found.length} of ${count} messages came on ${topic}`)
      return found
    })
  const messageOf = (type: string, payload: Payload, id: string) => ({
    key: payload.paymentId,
    value: JSON.stringify(payload),
    headers: toHeaders({
      id,
      type,
      source: 'frontrow/payment',
      time: new Date(),
      traceparent: null,
      requestId: null,
    }),
  })
  return {
    async send(type, payload, id = randomUUID()) {
      await producer.send({ topic: commands, acks: -1, messages: [messageOf(type, payload, id)] })
      return id
    },
    async sendMany(type, payloads) {
      const messages = payloads.map((payload) => messageOf(type, payload, randomUUID()))
      await producer.send({ topic: commands, acks: -1, messages })
    },
    replies: (paymentId, count) => about(events, paymentId, count),
    deadLetters: (paymentId, count) => about(deadLetterTopic(commands), paymentId, count),
    async dispose() {
      await producer.disconnect()
      await consumer.disconnect()
    },
  }
}
