import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { toHeaders } from '@frontrow/messaging/envelope'
import { createKafka, createProducer } from '@frontrow/messaging/kafka'
import type { Producer } from '@frontrow/messaging/kafka'
import { topics } from '@frontrow/proto/topics'
import { eventually } from '@frontrow/test-kit/eventually'
import { createTestEnvironment } from '@frontrow/test-kit/test-environment'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'
import { pino } from 'pino'
import { uuidv7 } from 'uuidv7'
import { createAnalytics } from './analytics-under-test.ts'
import type { AnalyticsUnderTest } from './analytics-under-test.ts'

const PATIENT = { everyMs: 200 }
const DAY_MS = 86_400_000

let environment: TestEnvironment
let producer: Producer
let analytics: AnalyticsUnderTest

beforeAll(async () => {
  environment = await createTestEnvironment()
  const kafka = createKafka({
    clientId: 'analytics-test',
    brokers: environment.kafkaBrokers.split(','),
    logger: pino({ level: 'silent' }),
  })
  producer = createProducer(kafka)
  await producer.connect()
})

afterAll(async () => {
  await producer.disconnect()
  await environment.dispose()
})

beforeEach(() => {
  analytics = createAnalytics(environment)
})

afterEach(() => analytics.dispose())

interface Sent {
  topic: string
  key: string
  value: string
  headers: Record<string, string>
}

function message(
  topic: string,
  type: string,
  time: Date,
  payload: Record<string, unknown> & { reservationId: string },
): Sent {
  const of = { id: uuidv7(), type, source: 'frontrow/test', time, traceparent: null, requestId: null }
  return { topic, key: payload.reservationId, value: JSON.stringify(payload), headers: toHeaders(of) }
}

/** What the services tell of one sale of two seats: its approval, and its confirmation. */
function sale(
  time: Date,
  amount: number,
): { paymentId: string; reservationId: string; approved: Sent; confirmed: Sent } {
  const ids = { paymentId: uuidv7(), reservationId: uuidv7() }
  const buyer = { ...ids, userId: '101', scheduleId: 42 }
  return {
    ...ids,
    approved: message(topics.paymentEvents, 'PaymentApproved', time, {
      ...buyer,
      amount,
      paymentMethod: 'CARD',
    }),
    confirmed: message(topics.reservationEvents, 'ReservationConfirmed', time, {
      ...buyer,
      seatIds: [1, 2],
      totalAmount: amount,
    }),
  }
}

function refund(
  time: Date,
  { paymentId, reservationId }: { paymentId: string; reservationId: string },
  amount: number,
): Sent {
  const payload = { paymentId, reservationId, amount, refundedAmount: amount, reason: 'USER_CANCELLED' }
  return message(topics.paymentEvents, 'PaymentRefunded', time, payload)
}

async function publish(messages: readonly Sent[]): Promise<void> {
  const byTopic = Map.groupBy(messages, ({ topic }) => topic)
  await producer.sendBatch({
    topicMessages: [...byTopic].map(([topic, ofTopic]) => ({
      topic: environment.topicPrefix + topic,
      messages: ofTopic.map(({ topic: _topic, ...rest }) => rest),
    })),
  })
}

/** The minutes of one test: each has an hour of its own, within the days that ids are kept. */
let hours = 0
function freshHour(): { at: (minute: number) => Date; isIn: (shown: Record<string, unknown>) => boolean } {
  hours += 1
  const start = Math.floor(Date.now() / DAY_MS) * DAY_MS - DAY_MS + hours * 3_600_000
  const prefix = new Date(start).toISOString().slice(0, 14)
  return {
    at: (minute) => new Date(start + minute * 60_000 + 30_000),
    isIn: ({ minute }) => String(minute).startsWith(prefix),
  }
}

const counted = async (isIn: (shown: Record<string, unknown>) => boolean) =>
  (await analytics.show()).filter(isIn).map(({ minute: _minute, ...sums }) => sums)

test('each sale and each refund of one counts once in its minute, however often and in whatever order it comes', async () => {
  const { at, isIn } = freshHour()
  const first = sale(at(1), 1_000)
  const second = sale(at(1), 2_000)
  const third = sale(at(2), 500)
  const neverSold = sale(at(1), 9_999)
  await publish([first.approved, first.approved, second.approved, first.confirmed, first.approved])
  await publish([first.approved, third.approved, third.confirmed, second.confirmed, first.confirmed])
  const back = refund(at(3), first, 1_000)
  await publish([back, first.approved, back, refund(at(3), neverSold, 9_999)])
  analytics.start()
  await eventually(
    async () =>
      expect(await counted(isIn)).toEqual([
        { sales: 2, seats: 4, amount: 3_000, refunds: 0, refundedAmount: 0 },
        { sales: 1, seats: 2, amount: 500, refunds: 0, refundedAmount: 0 },
        { sales: 0, seats: 0, amount: 0, refunds: 1, refundedAmount: 1_000 },
      ]),
    PATIENT,
  )
  // Another group begins at the beginning: all of it comes again.
  await analytics.end('SIGTERM')
  const before = await counted(isIn)
  const last = sale(at(9), 7)
  await publish([last.approved])
  analytics.start()
  await eventually(async () => {
    expect(await counted(isIn)).toEqual([
      ...before,
      { sales: 1, seats: 0, amount: 7, refunds: 0, refundedAmount: 0 },
    ])
  }, PATIENT)
})

test('what it can not read, does not know or can not tell from a repeat is passed over, and the others count', async () => {
  const { at, isIn } = freshHour()
  const good = sale(at(1), 1_000)
  const bad = { ...sale(at(1), 1).approved, value: 'not JSON' }
  const unknown = { ...sale(at(1), 1).approved, headers: { ...good.approved.headers, ce_type: 'toString' } }
  const old = sale(new Date(Date.now() - 40 * DAY_MS), 1)
  await publish([bad, unknown, old.approved, good.approved])
  analytics.start()
  await eventually(
    async () =>
      expect(await counted(isIn)).toEqual([
        { sales: 1, seats: 0, amount: 1_000, refunds: 0, refundedAmount: 0 },
      ]),
    PATIENT,
  )
  await eventually(() => {
    expect(analytics.said()).toContain('passed over')
    expect(analytics.said()).toContain('1 messages of')
  })
  const isOld = ({ minute }: Record<string, unknown>) => String(minute) < at(0).toISOString().slice(0, 10)
  expect((await analytics.show()).filter(isOld)).toEqual([])
})

test('killed again and again in the middle of its work, it counts each of 4,000 sales once', async () => {
  const { at, isIn } = freshHour()
  const sales = Array.from({ length: 4_000 }, (_, index) => sale(at(index % 5), 100))
  for (let start = 0; start < sales.length; start += 500) {
    await publish(sales.slice(start, start + 500).flatMap(({ approved, confirmed }) => [approved, confirmed]))
  }
  const soldSoFar = async (): Promise<number> =>
    (await analytics.show()).filter(isIn).reduce((sum, { sales: sold }) => sum + Number(sold), 0)
  let seen = 0
  let group = ''
  for (let killed = 0; killed < 3; killed += 1) {
    // A new group each time, so that all of it comes again.
    group = analytics.start()
    const before = seen
    seen = await eventually(async () => {
      const sold = await soldSoFar()
      expect(sold > before || sold === sales.length).toBe(true)
      return sold
    }, PATIENT)
    await analytics.end('SIGKILL')
  }
  analytics.start(group)
  const all = { sales: 800, seats: 1_600, amount: 80_000, refunds: 0, refundedAmount: 0 }
  await eventually(async () => expect(await counted(isIn)).toEqual([all, all, all, all, all]), PATIENT)
})

test('it says so where the topic has deleted messages that it never read', async () => {
  const { at, isIn } = freshHour()
  const early = Array.from({ length: 3 }, () => sale(at(1), 100))
  await publish(early.map(({ approved }) => approved))
  const group = analytics.start()
  await eventually(async () => expect(await counted(isIn)).toMatchObject([{ sales: 3 }]), PATIENT)
  await analytics.end('SIGTERM')
  await publish(Array.from({ length: 20 }, () => sale(at(2), 100).approved))
  await deleteAllOf(topics.paymentEvents)
  await publish(Array.from({ length: 20 }, () => sale(at(3), 100).approved))
  analytics.start(group)
  await eventually(
    async () => expect(await counted(isIn)).toMatchObject([{ sales: 3 }, { sales: 20 }]),
    PATIENT,
  )
  await eventually(() => expect(analytics.said()).toMatch(/missed \d+ messages of .*payment\.events/))
})

/** As retention does. */
async function deleteAllOf(topic: string): Promise<void> {
  const kafka = createKafka({
    clientId: 'analytics-test-admin',
    brokers: environment.kafkaBrokers.split(','),
    logger: pino({ level: 'silent' }),
  })
  const admin = kafka.admin()
  await admin.connect()
  const name = environment.topicPrefix + topic
  const offsets = await admin.fetchTopicOffsets(name)
  await admin.deleteTopicRecords({
    topic: name,
    partitions: offsets.map(({ partition, high }) => ({ partition, offset: high })),
  })
  await admin.disconnect()
}
