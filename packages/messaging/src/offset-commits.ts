import { FailureLog } from '@frontrow/failure-log/failure-log'
import type { Logger } from 'pino'
import type { Consumer } from './kafka.ts'

// kafkajs' own commits come after each batch of each partition, which at a few messages a batch is one commit a message. What is
// not committed when a process dies is delivered again, and the inbox knows it.
const COMMIT_EVERY_MS = 500

/** Commits the offsets of handled messages, those of all partitions together, half a second after the first of them at most. */
export class OffsetCommits {
  readonly #consumer: Consumer
  readonly #failures: FailureLog
  readonly #handled = new Map<string, { topic: string; partition: number; offset: string }>()
  #timer: NodeJS.Timeout | undefined

  constructor(consumer: Consumer, logger: Logger) {
    this.#consumer = consumer
    this.#failures = new FailureLog(
      logger,
      'offsets could not be committed; they are committed with the next ones',
    )
  }

  /** Notes that all messages of a partition up to this one were handled. */
  handled(topic: string, partition: number, lastOffset: string): void {
    const offset = (BigInt(lastOffset) + 1n).toString()
    this.#handled.set(`${topic} ${partition}`, { topic, partition, offset })
    this.#timer ??= setTimeout(() => void this.commit(), COMMIT_EVERY_MS)
  }

  /** Forgets what is not committed, because the partitions may be another instance's by now. */
  forget(): void {
    this.#handled.clear()
  }

  /** Commits at once. After a failure it is tried again with the next ones. */
  async commit(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const offsets = [...this.#handled]
    this.#handled.clear()
    if (offsets.length === 0) return
    try {
      await this.#consumer.commitOffsets(offsets.map(([, offset]) => offset))
      this.#failures.succeeded()
    } catch (error) {
      this.#failures.failed(error)
      for (const [key, offset] of offsets) if (!this.#handled.has(key)) this.#handled.set(key, offset)
    }
  }
}
