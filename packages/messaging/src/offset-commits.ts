import { FailureLog } from '@frontrow/failure-log/failure-log'
import type { EachBatchPayload, TopicOffsets } from 'kafkajs'
import type { Logger } from 'pino'

// kafkajs' own commits come after each batch of each partition, which at a few messages a batch is one commit a message. What is
// not committed when a process dies is delivered again, and the inbox knows it.
const COMMIT_EVERY_MS = 500

/** How a member commits. kafkajs' other way repeats a refused commit under the next generation, when the partition is another's. */
export type CommitOnce = EachBatchPayload['commitOffsetsIfNecessary']

interface HandledUpTo {
  topic: string
  partition: number
  offset: string
}

/** Commits the offsets of handled messages, those of all partitions together, half a second after the first of them at most. */
export class OffsetCommits {
  readonly #failures: FailureLog
  readonly #everyMs: number
  #handled = new Map<string, HandledUpTo>()
  #commitOnce: CommitOnce = async () => undefined
  #timer: NodeJS.Timeout | undefined
  #running: Promise<void> = Promise.resolve()
  #isStopped = false

  constructor(logger: Logger, everyMs = COMMIT_EVERY_MS) {
    this.#everyMs = everyMs
    this.#failures = new FailureLog(logger, 'offsets could not be committed; trying again')
  }

  /** Notes that all messages of a partition up to this one were handled, and how the member that was given them commits. */
  handled(topic: string, partition: number, lastOffset: string, commitOnce: CommitOnce): void {
    const offset = (BigInt(lastOffset) + 1n).toString()
    this.#commitOnce = commitOnce
    this.#handled.set(`${topic} ${partition}`, { topic, partition, offset })
    this.#commitLater()
  }

  /** Forgets what is not committed, because the partitions may be another instance's by now. */
  forget(): void {
    this.#handled = new Map()
  }

  /** Commits at once. After a failure it is tried again half a second later. */
  commit(): Promise<void> {
    // One after the other, so that a late failure does not bring back an offset that a later commit has passed.
    this.#running = this.#running.then(() => this.#commit())
    return this.#running
  }

  /** Commits at once; from now on only `commit` does. */
  stop(): Promise<void> {
    this.#isStopped = true
    return this.commit()
  }

  #commitLater(): void {
    if (!this.#isStopped) this.#timer ??= setTimeout(() => void this.commit(), this.#everyMs)
  }

  async #commit(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const handled = this.#handled
    const offsets = [...handled]
    handled.clear()
    if (offsets.length === 0) return
    try {
      await this.#commitOnce({ topics: byTopic(offsets.map(([, offset]) => offset)) })
      this.#failures.succeeded()
    } catch (error) {
      this.#failures.failed(error)
      // After `forget` this map is nobody's any more.
      for (const [key, offset] of offsets) if (!handled.has(key)) handled.set(key, offset)
      if (this.#handled.size > 0) this.#commitLater()
    }
  }
}

function byTopic(offsets: readonly HandledUpTo[]): TopicOffsets[] {
  const topics = new Map<string, TopicOffsets>()
  for (const { topic, partition, offset } of offsets) {
    const known = topics.get(topic) ?? { topic, partitions: [] }
    known.partitions.push({ partition, offset })
    topics.set(topic, known)
  }
  return [...topics.values()]
}
