import type { Kafka } from '@frontrow/messaging/kafka'
import { createTopics } from '@frontrow/messaging/topics'
import { topicNames } from '@frontrow/proto/topics'

/** Makes every topic of the system that is missing, with its dead-letter topic; returns the names of those it made. */
export function makeTopics(
  kafka: Kafka,
  options: { prefix: string; partitions: number; replicationFactor: number },
): Promise<string[]> {
  const { prefix, ...size } = options
  return createTopics(
    kafka,
    topicNames.map((topic) => prefix + topic),
    size,
  )
}
