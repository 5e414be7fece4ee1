import { createRequire } from 'node:module'
import type * as Kafkajs from 'kafkajs'
import { deadLetterTopic, retryTopic } from './dead-letter.ts'
import type { Kafka } from './kafka.ts'

const require = createRequire(import.meta.url)
// kafkajs is CommonJS, and hides these names from an import.
const {
  AclOperationTypes,
  AclPermissionTypes,
  AclResourceTypes,
  ResourcePatternTypes,
}: typeof Kafkajs = require('kafkajs')

/** What one login may do, by the names of topics and groups as the brokers know them. Describing comes with each of them. */
export interface TopicRights {
  user: string
  /** Topics that are its own to write. */
  writes: readonly string[]
  /** Topics that it takes messages of, and of each their retries; what it can't handle goes to their dead letters. */
  reads: readonly string[]
  /** Topics whose dead letters it collects and publishes again. */
  tends: readonly string[]
  groups: readonly string[]
}

/** The entries that give these rights. */
export function aclEntries({ user, writes, reads, tends, groups }: TopicRights): Kafkajs.AclEntry[] {
  const { READ, WRITE } = AclOperationTypes
  const entry = (resourceType: number, resourceName: string, operation: number): Kafkajs.AclEntry => ({
    principal: `User:${user}`,
    host: '*',
    resourceType,
    resourceName,
    resourcePatternType: ResourcePatternTypes.LITERAL,
    operation,
    permissionType: AclPermissionTypes.ALLOW,
  })
  const topic = (name: string, operation: number): Kafkajs.AclEntry =>
    entry(AclResourceTypes.TOPIC, name, operation)
  return [
    ...writes.map((name) => topic(name, WRITE)),
    ...reads.flatMap((name) => [
      topic(name, READ),
      topic(retryTopic(name), READ),
      topic(deadLetterTopic(name), WRITE),
    ]),
    ...tends.flatMap((name) => [topic(deadLetterTopic(name), READ), topic(retryTopic(name), WRITE)]),
    ...groups.map((name) => entry(AclResourceTypes.GROUP, name, READ)),
  ]
}

/** Gives rights; those that are there already stay. The brokers refuse where they have no authorizer. */
export async function grantRights(kafka: Kafka, rights: readonly TopicRights[]): Promise<void> {
  const admin = kafka.admin()
  await admin.connect()
  try {
    await admin.createAcls({ acl: rights.flatMap(aclEntries) })
  } finally {
    await admin.disconnect()
  }
}
