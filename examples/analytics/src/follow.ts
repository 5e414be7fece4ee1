import { Kafka, logLevel } from 'kafkajs'
import type { Consumer, EachBatchPayload } from 'kafkajs'
import { readMessage } from './read-message.ts'
import type { CountedMessage } from './read-message.ts'
import type { Sales } from './sales.ts'

/** What is followed, and by whom. */
export interface Following {
  brokers: readonly string[]
  /** Sent as it is (SASL PLAIN), as the Kafka of `npm start` wants it; without it nobody is asked. */
  login?: { username: string; password: string }
  /** KAFKA_TOPIC_PREFIX of the system that is followed. */
  topicPrefix: string
  /** Names this program's consumer group; not one of the services' own, which begin with `frontrow.`. */
  groupId: string
  sales: Sales
  say: (line: string) => void
  /** Called when the consumer ends by itself, with an error that trying again does not mend. */
  onCrash: (error: Error) => void
}

const TOPICS = ['frontrow.payment.events', 'frontrow.reservation.events']
/** One transaction of SQLite has the messages of this many offsets at most. */
const STRETCH_MAX = 200

/** Follows the topics from where the group was last, or from their beginning. Resolves once it does, with what stops it. */
export async function follow(following: Following): Promise<{ stop(): Promise<void> }> {
  const { brokers, login, topicPrefix, groupId, onCrash } = following
  const kafka = new Kafka({
    clientId: 'sales-a-minute',
    brokers: [...brokers],
    ...(login === undefined ? {} : { sasl: { mechanism: 'plain', ...login } }),
    logLevel: logLevel.ERROR,
  })
  // After a kill -9 the next one waits for this long until Kafka gives it the partitions.
  const consumer: Consumer = kafka.consumer({
    groupId,
    allowAutoTopicCreation: false,
    sessionTimeout: 10_000,
  })
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    if (!payload.restart) onCrash(payload.error)
  })
  await consumer.connect()
  await consumer.subscribe({ topics: TOPICS.map((topic) => topicPrefix + topic), fromBeginning: true })
  await consumer.run({ eachBatchAutoResolve: false, eachBatch: (payload) => addBatch(following, payload) })
  return { stop: () => consumer.disconnect() }
}

/** The offset of a stretch is committed after its transaction. A crash in between brings it again, and its ids are known then. */
async function addBatch({ sales, say }: Following, payload: EachBatchPayload): Promise<void> {
  const { topic, partition, messages } = payload.batch
  for (let start = 0; start < messages.length; start += STRETCH_MAX) {
    if (!payload.isRunning() || payload.isStale()) return
    const stretch = messages.slice(start, start + STRETCH_MAX)
    const first = stretch[0]
    const last = stretch.at(-1)
    if (first === undefined || last === undefined) return
    const counted = stretch.flatMap((message): CountedMessage[] => {
      try {
        const read = readMessage(message)
        return read === null ? [] : [read]
      } catch (error) {
        say(`passed over ${topic}/${partition} offset ${message.offset}: ${String(error)}`)
        return []
      }
    })
    const from = BigInt(first.offset)
    const to = BigInt(last.offset) + 1n
    const { missed, tooOld } = sales.add({ topic, partition, from, to, messages: counted }, new Date())
    if (missed > 0) say(`missed ${missed} messages of ${topic}/${partition}: the topic had deleted them`)
    if (tooOld > 0) say(`${tooOld} messages of ${topic}/${partition} were too old to count`)
    payload.resolveOffset(last.offset)
    await payload.heartbeat()
    await payload.commitOffsetsIfNecessary()
  }
}
