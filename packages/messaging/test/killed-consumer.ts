// Run by exactly-once.int.test.ts as a process of its own: a consumer that is killed at a named point of its first batch.
import { createPool } from '@frontrow/postgres/pool'
import { z } from 'zod'
import { MessageConsumer } from '../src/consumer.ts'
import { createKafka } from '../src/kafka.ts'
import { logger } from './broker-under-test.ts'
import { groupOf } from './consumers-under-test.ts'
import { effectHandlers } from './effects.ts'

const Settings = z.object({
  brokers: z.string(),
  databaseUrl: z.string(),
  topic: z.string(),
  point: z.enum(['before the commit of the database', 'between the commits']),
})
export type KilledConsumerSettings = z.infer<typeof Settings>

const { brokers, databaseUrl, topic, point } = Settings.parse(JSON.parse(process.argv[2] ?? ''))
const kill = async (): Promise<void> => {
  process.kill(process.pid, 'SIGKILL')
  // The signal comes a little later; nothing more may happen until then.
  await new Promise(() => undefined)
}
const pool = createPool({
  url: databaseUrl,
  applicationName: 'killed-consumer',
  max: 2,
  statementTimeoutMs: 5_000,
  onError: () => undefined,
})
const handlers = effectHandlers(pool, topic, async () => {
  if (point === 'before the commit of the database') await kill()
})
const consumer = new MessageConsumer({
  kafka: createKafka({ clientId: 'killed-consumer', brokers: brokers.split(','), logger }),
  groupId: groupOf(topic),
  topics: [topic],
  handlers: {
    ...handlers,
    handleMany: async (messages) => {
      await handlers.handleMany(messages)
      await kill()
    },
  },
  logger,
  onCrash: (error) => {
    throw error
  },
  commitEveryMs: 1,
})
await consumer.start()
