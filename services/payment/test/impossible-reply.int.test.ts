import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { toHeaders } from '@frontrow/messaging/envelope'
import { createKafka, createProducer } from '@frontrow/messaging/kafka'
import { topics } from '@frontrow/proto/topics'
import { readConfig } from '@frontrow/service-host/config'
import type { RunningService } from '@frontrow/service-host/host'
import { eventually } from '@frontrow/test-kit/eventually'
import { createTestEnvironment } from '@frontrow/test-kit/test-environment'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'
import { pino } from 'pino'
import { settings } from '../src/config.ts'
import { startPayment } from '../src/start.ts'
import { beginPayments, readRows, startInstance } from './saga-instance.ts'
import type { BegunPayment, Instance } from './saga-instance.ts'

let environment: TestEnvironment
let reading: Instance
let service: RunningService | undefined

beforeAll(async () => {
  environment = await createTestEnvironment()
  reading = startInstance(environment)
})

afterAll(async () => {
  await service?.stop()
  await reading.stop()
  await environment.dispose()
})

async function publish(payments: readonly BegunPayment[], bad: BegunPayment): Promise<void> {
  const kafka = createKafka({
    clientId: 'wallet',
    brokers: environment.kafkaBrokers.split(','),
    logger: pino({ level: 'silent' }),
  })
  const producer = createProducer(kafka)
  await producer.connect()
  await producer.send({
    topic: environment.topicPrefix + topics.walletEvents,
    acks: -1,
    messages: payments.map(({ paymentId }) => ({
      key: paymentId,
      value: JSON.stringify({ paymentId, userId: 'u-1', amount: 120_000, balance: 0, refundedAmount: 5 }),
      headers: toHeaders({
        id: randomUUID(),
        // Nothing was asked to be refunded.
        type: paymentId === bad.paymentId ? 'WalletRefunded' : 'WalletDebited',
        source: 'frontrow/test',
        time: new Date(),
        traceparent: null,
        requestId: null,
      }),
    })),
  })
  await producer.disconnect()
}

async function counted(name: string, labels = ''): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${service?.ports.ops}/metrics`)
  const lines = (await response.text())
    .split('\n')
    .filter((line) => line.startsWith(name) && line.includes(labels))
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
}

test('one reply among fifty that can not be right is a dead letter alone and counted once, and the others are applied', async () => {
  const payments = await beginPayments(
    reading.ctx.pool,
    Array.from({ length: 50 }, () => 'BALANCE' as const),
  )
  const bad = payments[20]
  if (bad === undefined) throw new Error('no payments')
  // They are all there when the service begins, so that they come together.
  await publish(payments, bad)
  service = await startPayment(
    readConfig(settings, {
      ...environment.serviceEnv('payment'),
      ...Object.fromEntries(
        ['QUEUE_GRPC', 'CATALOG_GRPC', 'RESERVATION_GRPC', 'WALLET_GRPC'].map((name) => [
          name,
          '127.0.0.1:1',
        ]),
      ),
    }),
    {
      processMetrics: false,
      onFatal: (error) => {
        throw error
      },
    },
  )
  await eventually(async () => {
    const { rows } = await reading.ctx.pool.query('SELECT error, attempts FROM dead_letters')
    expect(rows).toEqual([{ error: "WalletRefunded can't be right for a saga in TAKING_MONEY", attempts: 1 }])
    const { sagas } = await readRows(reading.ctx.pool, payments)
    expect(sagas).toEqual(
      payments.map((payment) =>
        expect.objectContaining(
          payment === bad ? { state: 'TAKING_MONEY', version: 1 } : { state: 'CONFIRMING', version: 2 },
        ),
      ),
    )
  })
  const rows = await readRows(reading.ctx.pool, payments)
  expect(rows['outbox']).toHaveLength(49)
  expect(rows['steps']).toHaveLength(49)
  expect(await counted('saga_impossible_messages_total')).toBe(1)
  // They did share transactions.
  expect(await counted('messages_per_transaction_count')).toBeLessThan(25)
  expect(await counted('messages_consumed_total', 'dead-letter')).toBe(1)
})
