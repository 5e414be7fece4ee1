import type { TopicRights } from '@frontrow/messaging/topic-rights'
import { topicUsers } from '@frontrow/proto/topic-users'
import { topicNames } from '@frontrow/proto/topics'
import { serviceNames } from './services.ts'

/** The rights of each service's login at the brokers, where the names of topics and groups begin with `prefix`. */
export function kafkaRights(prefix: string): TopicRights[] {
  const prefixed = (names: readonly string[]): string[] => names.map((name) => prefix + name)
  return serviceNames.map((user) => {
    const { writes, reads, groups, tendsDeadLetters } = topicUsers[user]
    return {
      user,
      writes: prefixed(writes),
      reads: prefixed(reads),
      tends: tendsDeadLetters === true ? prefixed(topicNames) : [],
      groups: prefixed(groups),
    }
  })
}
