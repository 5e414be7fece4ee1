import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { messageContracts, topicContracts } from '@frontrow/proto/message-catalog'
import { createConsumer, createKafka } from '@frontrow/messaging/kafka'
import { createLogger } from '@frontrow/service-host/logger'
import { eventually } from '@frontrow/test-kit/eventually'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { z } from 'zod'
import { createAnalytics } from '../../examples/analytics/test/analytics-under-test.ts'
import { eventsDocument } from '../../scripts/events-document.ts'
import { ask, enter, openOnSale, startOnSaleNetwork } from './on-sale-network.ts'
import type { OnSaleNetwork } from './on-sale-network.ts'

interface Published {
  topic: string
  type: string
  key: string
  headers: Record<string, string>
  value: Record<string, unknown>
}

const admin = { as: 'admin', admin: true }
const published: Published[] = []
let network: OnSaleNetwork
let stopReading: () => Promise<void>

beforeAll(async () => {
  network = await startOnSaleNetwork()
  stopReading = await readAllTopics()
})

afterAll(async () => {
  await stopReading?.()
  await network?.stop()
})

/** Collects everything that the services publish, from the beginning. */
async function readAllTopics(): Promise<() => Promise<void>> {
  const { kafkaBrokers, topicPrefix } = network.environment
  const logger = createLogger({ service: 'published-messages', level: 'silent' })
  const kafka = createKafka({ clientId: 'published-messages', brokers: kafkaBrokers.split(','), logger })
  const consumer = createConsumer(kafka, `${topicPrefix}published-messages`)
  const addresses = Object.values(topicContracts).map(({ address }) => address)
  await consumer.connect()
  await consumer.subscribe({
    topics: addresses.map((address) => topicPrefix + address),
    fromBeginning: true,
  })
  await consumer.run({
    eachMessage: async ({ topic, message }) => {
      const headers = Object.fromEntries(
        Object.entries(message.headers ?? {}).map(([name, value]) => [name, String(value)]),
      )
      published.push({
        topic: topic.slice(topicPrefix.length),
        type: headers['ce_type'] ?? '',
        key: message.key?.toString() ?? '',
        headers,
        value: z.record(z.string(), z.unknown()).parse(JSON.parse(message.value?.toString() ?? '')),
      })
    },
  })
  return () => consumer.disconnect()
}

async function hold(queueToken: string, as: string, scheduleId: number, seatId: number): Promise<string> {
  const body = { scheduleId, seatIds: [seatId] }
  const held = await ask(network, 'POST', '/api/v1/reservations', { as, queueToken, body })
  expect(held.status).toBe(201)
  return held.data.reservationId
}

function pay(as: string, reservationId: string, paymentMethod: 'BALANCE' | 'CARD', token = 'tok_approved') {
  const body = { reservationId, paymentMethod, ...(paymentMethod === 'CARD' ? { card: { token } } : {}) }
  return ask(network, 'POST', '/api/v1/payments', { as, body })
}

const cancel = (as: string, reservationId: string) =>
  ask(network, 'POST', `/api/v1/reservations/${reservationId}/cancel`, { as })

/** Does what makes the services tell something. */
async function sellAndChange(): Promise<void> {
  const { scheduleId } = await openOnSale(network, 20)
  const rich = await enter(network, 'rich', scheduleId, 100_000)
  const broke = await enter(network, 'broke', scheduleId)
  const paid = await hold(rich, 'rich', scheduleId, 1)
  await network.call('POST', `/api/v1/reservations/${paid}/refresh`, { as: 'rich', queueToken: rich })
  expect((await pay('rich', paid, 'BALANCE')).status).toBe(201)
  expect((await cancel('rich', paid)).status).toBe(200)
  const unpaid = await hold(broke, 'broke', scheduleId, 2)
  const left = await hold(broke, 'broke', scheduleId, 3)
  expect((await pay('broke', unpaid, 'BALANCE')).status).toBe(402)
  expect((await pay('broke', unpaid, 'CARD')).status).toBe(201)
  expect((await cancel('broke', left)).status).toBe(200)
  const schedule = `/api/v1/admin/schedules/${scheduleId}`
  const patches: [string, string, object][] = [
    ['PATCH', `${schedule}/seats`, { seatIds: [9], status: 'BLOCKED' }],
    ['PATCH', `${schedule}/seats`, { seatIds: [9], status: 'AVAILABLE' }],
    ['POST', `${schedule}/sections`, { section: 'B', grade: 'S', price: 1, rows: 1, seatsPerRow: 5 }],
    ['PATCH', schedule, { bookingCloseAt: new Date(Date.now() + 86_400_000).toISOString() }],
    ['PATCH', schedule, { status: 'CLOSED' }],
  ]
  for (const [method, path, body] of patches) {
    expect((await network.call(method, path, { ...admin, body })).status).toBeLessThan(300)
  }
}

// ReservationExpired needs a hold to run out, ReservationConfirmRefused that at the moment of its payment, and jobs a request of their own.
const SEEN = [
  'ConfirmReservation',
  'DebitWallet',
  'PaymentApproved',
  'PaymentFailed',
  'PaymentRefunded',
  'RefundWallet',
  'ReservationCancelled',
  'ReservationConfirmed',
  'ReservationHeld',
  'ReservationRefreshed',
  'ScheduleCreated',
  'ScheduleMoved',
  'ScheduleSeatsAdded',
  'ScheduleStatusChanged',
  'SeatsBlocked',
  'SeatsUnblocked',
  'WalletDebitRefused',
  'WalletDebited',
  'WalletRefunded',
]

test('what the services publish is what the document says: topic, key, headers, and every field', async () => {
  await sellAndChange()
  await eventually(() => expect([...new Set(published.map(({ type }) => type))].toSorted()).toEqual(SEEN), {
    everyMs: 200,
  })
  const ajv = new Ajv2020({ strict: false })
  addFormats.default(ajv)
  ajv.addSchema({ $id: 'document', ...(await eventsDocument()) })
  for (const { topic, type, key, headers, value } of published) {
    const contract = messageContracts[type]
    const part = `document#/components/messages/${type}`
    expect([type, ajv.validate({ $ref: `${part}/headers` }, headers), ajv.errors]).toEqual([type, true, null])
    expect([type, ajv.validate({ $ref: `${part}/payload` }, value), ajv.errors]).toEqual([type, true, null])
    expect([type, topic]).toEqual([type, contract && topicContracts[contract.topic].address])
    expect([type, key]).toEqual([type, String(value[contract?.key ?? ''])])
    expect([type, Object.keys(contract?.schema.shape ?? {})]).toEqual([
      type,
      expect.arrayContaining(Object.keys(value)),
    ])
  }
})

test('the example counts what was really sold', async () => {
  const analytics = createAnalytics(network.environment)
  analytics.start()
  try {
    await eventually(
      async () => {
        const minutes = await analytics.show()
        const sum = (field: string): number => minutes.reduce((all, one) => all + Number(one[field]), 0)
        expect(['sales', 'seats', 'amount', 'refunds', 'refundedAmount'].map(sum)).toEqual([
          2, 2, 100_000, 1, 50_000,
        ])
      },
      { everyMs: 200 },
    )
  } finally {
    await analytics.dispose()
  }
})
