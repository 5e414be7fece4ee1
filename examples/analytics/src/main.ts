/** Sales a minute, from the topics of Frontrow: `node src/main.ts` follows them, `node src/main.ts show` prints what is counted as JSON. */
import { follow } from './follow.ts'
import { Sales } from './sales.ts'
import type { Minute } from './sales.ts'

const SHOW_EVERY_MS = 5_000
const TIDY_EVERY_MS = 3_600_000

const {
  KAFKA_BROKERS,
  KAFKA_USERNAME,
  KAFKA_PASSWORD = '',
  KAFKA_TOPIC_PREFIX = '',
  ANALYTICS_FILE = 'sales.sqlite',
  ANALYTICS_GROUP,
} = process.env
if (process.argv[2] === 'show') {
  const sales = new Sales(ANALYTICS_FILE, { readOnly: true })
  process.stdout.write(`${JSON.stringify(sales.minutes())}\n`)
  sales.close()
} else if (KAFKA_BROKERS === undefined) {
  process.stderr.write('KAFKA_BROKERS is missing: host:port of Kafka, several separated by commas\n')
  process.exitCode = 1
} else {
  await run(KAFKA_BROKERS.split(','), new Sales(ANALYTICS_FILE))
}

async function run(brokers: string[], sales: Sales): Promise<void> {
  const say = (line: string): boolean => process.stderr.write(`${line}\n`)
  const following = await follow({
    brokers,
    ...(KAFKA_USERNAME === undefined
      ? {}
      : { login: { username: KAFKA_USERNAME, password: KAFKA_PASSWORD } }),
    topicPrefix: KAFKA_TOPIC_PREFIX,
    groupId: ANALYTICS_GROUP ?? `${KAFKA_TOPIC_PREFIX}sales-a-minute`,
    sales,
    say,
    onCrash: (error) => {
      // Whoever started this starts it again; it goes on where it was.
      say(`ended: ${error.message}`)
      process.exit(1)
    },
  })
  let shown = new Map<string, string>()
  const show = setInterval(() => {
    const lines = new Map(sales.minutes().map((minute) => [minute.minute, lineOf(minute)]))
    for (const [minute, line] of lines) if (shown.get(minute) !== line) process.stdout.write(`${line}\n`)
    shown = lines
  }, SHOW_EVERY_MS)
  const tidy = setInterval(() => sales.tidy(new Date()), TIDY_EVERY_MS)
  const stop = async (): Promise<void> => {
    clearInterval(show)
    clearInterval(tidy)
    await following.stop()
    sales.close()
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stop())
}

function lineOf({ minute, sales: sold, seats, amount, refunds, refundedAmount }: Minute): string {
  return `${minute}  sales ${sold}  seats ${seats}  amount ${amount}  refunds ${refunds}  refunded ${refundedAmount}`
}
