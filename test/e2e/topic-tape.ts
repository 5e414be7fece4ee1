import { createConsumer, createKafka, createProducer } from '@frontrow/messaging/kafka'
import type { Admin, Kafka, Producer } from '@frontrow/messaging/kafka'
import { deadLetterTopic } from '@frontrow/messaging/dead-letter'
import { headerText } from '@frontrow/messaging/envelope'
import { topicNames, topics } from '@frontrow/proto/topics'
import { createLogger } from '@frontrow/service-host/logger'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'
import { eventually } from '@frontrow/test-kit/eventually'
import type { Pool } from '@frontrow/postgres/pool'
import { serviceNames } from '../../scripts/services.ts'

/** What goes to a topic, or came from one; topics are without the prefix of the file. */
export interface TapedMessage {
  topic: string
  /** Chosen by the key where it is left out. */
  partition?: number | undefined
  key: Buffer | string | null
  value: Buffer | string | null
  headers: Record<string, string>
}

/** The topics of the saga: commands, replies, and what is told of payments. */
const sagaTopics: readonly string[] = [
  topics.walletCommands,
  topics.walletEvents,
  topics.reservationCommands,
  topics.reservationEvents,
  topics.paymentEvents,
]

/** Who reads them. */
const readBy: Readonly<Record<string, readonly string[]>> = {
  wallet: [topics.walletCommands],
  reservation: [topics.reservationCommands, topics.paymentEvents],
  payment: [topics.walletEvents, topics.reservationEvents],
  queue: [topics.reservationEvents],
  catalog: [topics.reservationEvents],
}

// Our own mark: what the tape has published is not echoed again.
const ECHO = 'test-echo'

const deadLetterTopics = topicNames.map(deadLetterTopic)

const sum = (ends: ReadonlyMap<string, number>): number =>
  [...ends.values()].reduce((all, end) => all + end, 0)

/** Records all that is published on the topics of a network, dead letters too, and publishes messages of its own. */
export class TopicTape {
  readonly messages: TapedMessage[] = []
  /** What could not be handled. */
  readonly deadLetters: TapedMessage[] = []
  /** While it is set, whatever the services publish is published once more as soon as it is read. */
  echoes = false
  readonly #prefix: string
  readonly #kafka: Kafka
  readonly #producer: Producer
  readonly #stops: (() => Promise<void>)[] = []

  private constructor({ kafkaBrokers, topicPrefix }: TestEnvironment) {
    this.#prefix = topicPrefix
    const logger = createLogger({ service: 'topic-tape', level: 'silent' })
    this.#kafka = createKafka({ clientId: 'topic-tape', brokers: kafkaBrokers.split(','), logger })
    this.#producer = createProducer(this.#kafka)
  }

  static async start(environment: TestEnvironment): Promise<TopicTape> {
    const tape = new TopicTape(environment)
    await tape.#producer.connect()
    tape.#stops.push(() => tape.#producer.disconnect())
    await tape.#record(sagaTopics, tape.messages)
    await tape.#record(deadLetterTopics, tape.deadLetters)
    return tape
  }

  async #record(names: readonly string[], into: TapedMessage[]): Promise<void> {
    const consumer = createConsumer(this.#kafka, `${this.#prefix}topic-tape-${this.#stops.length}`)
    await consumer.connect()
    this.#stops.push(() => consumer.disconnect())
    await consumer.subscribe({ topics: names.map((name) => this.#prefix + name), fromBeginning: true })
    await consumer.run({
      eachMessage: async ({ topic, partition, message }) => {
        const headers: Record<string, string> = {}
        for (const name of Object.keys(message.headers ?? {})) {
          headers[name] = headerText(message.headers, name) ?? ''
        }
        const { key, value } = message
        const taped = { topic: topic.slice(this.#prefix.length), partition, key, value, headers }
        // The echo first: whoever has seen a message here knows that its repeat is among the ends that `quiet` reads.
        if (this.echoes && into === this.messages && headers[ECHO] === undefined) {
          await this.publish([{ ...taped, headers: { ...headers, [ECHO]: '1' } }])
        }
        into.push(taped)
      },
    })
  }

  /** The messages of a type about these payments so far, each time that they were published. */
  of(type: string, paymentIds: readonly string[]): TapedMessage[] {
    return this.messages.filter(
      ({ headers, value }) =>
        headers['ce_type'] === type && paymentIds.some((id) => value?.toString().includes(id) === true),
    )
  }

  /** How many partitions each topic has. */
  static readonly partitions = [0, 1]

  /** Waits until a message of a type is there for each of these payments. */
  async waitFor(type: string, paymentIds: readonly string[]): Promise<void> {
    await eventually(() => {
      const missing = paymentIds.filter((id) => this.of(type, [id]).length === 0)
      if (missing.length > 0) throw new Error(`no ${type} of ${missing.join(', ')}`)
    })
  }

  /** Publishes messages in this order, those of a topic in one request. */
  async publish(messages: readonly TapedMessage[]): Promise<void> {
    const byTopic = Map.groupBy(messages, ({ topic }) => topic)
    await this.#producer.sendBatch({
      topicMessages: [...byTopic].map(([topic, ofTopic]) => ({
        topic: this.#prefix + topic,
        messages: ofTopic.map(({ partition, key, value, headers }) => ({
          ...(partition === undefined ? {} : { partition }),
          key,
          value,
          headers,
        })),
      })),
    })
  }

  /** Waits until all is read and all that followed from it is published and read too, dead letters included. */
  async quiet(pool: Pool): Promise<void> {
    const admin = this.#kafka.admin()
    await admin.connect()
    try {
      await eventually(
        async () => {
          const ends = await this.#ends(admin)
          await this.#checkRead(admin, ends)
          const waiting = serviceNames.map(
            (name) => `(SELECT count(*) FROM ${name}.outbox WHERE published_at IS NULL)`,
          )
          const { rows } = await pool.query<{ waiting: number }>(`SELECT ${waiting.join(' + ')} AS waiting`)
          if (rows[0]?.waiting !== 0) throw new Error(`${rows[0]?.waiting} messages are not published`)
          if (sum(await this.#ends(admin)) !== sum(ends)) throw new Error('more was published meanwhile')
        },
        { everyMs: 100 },
      )
    } finally {
      await admin.disconnect()
    }
  }

  /** How many messages each partition of the topics has. */
  async #ends(admin: Admin): Promise<Map<string, number>> {
    const ends = new Map<string, number>()
    for (const name of [...sagaTopics, ...deadLetterTopics]) {
      for (const { partition, high } of await admin.fetchTopicOffsets(this.#prefix + name)) {
        ends.set(`${name} ${partition}`, Number(high))
      }
    }
    return ends
  }

  /** Throws where a service, or the tape itself, has not read up to the ends. */
  async #checkRead(admin: Admin, ends: ReadonlyMap<string, number>): Promise<void> {
    for (const [service, names] of Object.entries(readBy)) {
      const groupId = `${this.#prefix}frontrow.${service}`
      const read = await admin.fetchOffsets({ groupId, topics: names.map((name) => this.#prefix + name) })
      for (const { topic, partitions } of read) {
        for (const { partition, offset } of partitions) {
          const end = ends.get(`${topic.slice(this.#prefix.length)} ${partition}`) ?? 0
          if (Math.max(0, Number(offset)) < end)
            throw new Error(`${service} reads ${topic} at ${offset} of ${end}`)
        }
      }
    }
    const taped = this.messages.length + this.deadLetters.length
    if (taped < sum(ends)) throw new Error(`the tape has ${taped} of ${sum(ends)} messages`)
  }

  async stop(): Promise<void> {
    for (const stop of this.#stops.toReversed()) await stop()
  }
}

/** The same messages in another order, which a seed gives (mulberry32). */
export function shuffled<T>(items: readonly T[], seed: number): T[] {
  let state = seed
  const random = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return items
    .map((item) => ({ item, place: random() }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ item }) => item)
}
