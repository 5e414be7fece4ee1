// Run by exactly-once.int.test.ts as a process of its own: a consumer that dies at a failpoint.
import { armFailpoint } from '@frontrow/failpoints/failpoint'
import { createPool } from '@frontrow/postgres/pool'
import { z } from 'zod'
import { MessageConsumer } from '../src/consumer.ts'
import { createKafka } from '../src/kafka.ts'
import { logger } from './broker-under-test.ts'
import { groupOf } from './consumers-under-test.ts'
import { effectHandlers } from './effects.ts'

const Settings = z.object({ brokers: z.string(), databaseUrl: z.string(), topic: z.string() })
export type KilledConsumerSettings = z.infer<typeof Settings>

armFailpoint(process.env)
const { brokers, databaseUrl, topic } = Settings.parse(JSON.parse(process.argv[2] ?? ''))
const pool = createPool({
  url: databaseUrl,
  applicationName: 'killed-consumer',
  max: 2,
  statementTimeoutMs: 5_000,
  onError: () => undefined,
})
const consumer = new MessageConsumer({
  kafka: createKafka({ clientId: 'killed-consumer', brokers: brokers.split(','), logger }),
  groupId: groupOf(topic),
  topics: [topic],
  handlers: effectHandlers(pool, topic),
  logger,
  onCrash: (error) => {
    throw error
  },
  commitEveryMs: 1,
})
await consumer.start()
