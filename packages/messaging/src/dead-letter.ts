import type { IHeaders, KafkaMessage } from 'kafkajs'
import { headerText } from './envelope.ts'

/** The topic for messages of `topic` that could not be handled, the first time or when they were published again. */
export function deadLetterTopic(topic: string): string {
  return `${homeTopic(topic)}.dead-letter`
}

const RETRY = '.retry'

/**
 * Where messages of `topic` are published again that a group had given up on. A topic of its own, so that nobody but the producer of a
 * topic needs the right to write to it.
 */
export function retryTopic(topic: string): string {
  return topic + RETRY
}

/** The topic that a message belongs to, wherever it was read. */
function homeTopic(topic: string): string {
  return topic.endsWith(RETRY) ? topic.slice(0, -RETRY.length) : topic
}

const PREFIX = 'dead-letter-'

const FOR = `${PREFIX}for`

/** Why and where a message was given up on. It is written into headers beside the original ones. */
export interface DeadLetterReason {
  consumer: string
  topic: string
  partition: number
  offset: string
  attempts: number
  error: string
}

/** The original bytes and headers, and why the message was given up on. */
export function toDeadLetter(
  message: KafkaMessage,
  reason: DeadLetterReason,
): { key: Buffer | null; value: Buffer | null; headers: IHeaders } {
  return {
    key: message.key,
    value: message.value,
    headers: {
      ...message.headers,
      [`${PREFIX}consumer`]: reason.consumer,
      [`${PREFIX}topic`]: reason.topic,
      [`${PREFIX}partition`]: String(reason.partition),
      [`${PREFIX}offset`]: reason.offset,
      [`${PREFIX}attempts`]: String(reason.attempts),
      [`${PREFIX}error`]: reason.error.slice(0, 2_000),
      [`${PREFIX}at`]: new Date().toISOString(),
    },
  }
}

/** Reads back what `toDeadLetter` wrote, with the topic that the message belongs to; texts are empty where a header is missing. */
export function readDeadLetterReason(headers: IHeaders | undefined): DeadLetterReason {
  const read = (name: string) => headerText(headers, PREFIX + name) ?? ''
  return {
    consumer: read('consumer'),
    topic: homeTopic(read('topic')),
    partition: Number(read('partition')),
    offset: read('offset'),
    attempts: Number(read('attempts')),
    error: read('error'),
  }
}

/** The header of a message that is published again for the one group that gave up on it; the others have it already. */
export function forGroup(groupId: string): Record<string, string> {
  return { [FOR]: groupId }
}

/** Whether a message was published for another group than this one. */
export function isForAnother(groupId: string, headers: IHeaders | undefined): boolean {
  return (headerText(headers, FOR) ?? groupId) !== groupId
}

/** The headers as they were before the message became a dead letter, for publishing it again. */
export function originalHeaders(headers: IHeaders | undefined): Record<string, string> {
  const original: Record<string, string> = {}
  for (const name of Object.keys(headers ?? {})) {
    const value = headerText(headers, name)
    if (!name.startsWith(PREFIX) && value !== undefined) original[name] = value
  }
  return original
}
