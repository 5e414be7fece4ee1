import { expect, test } from '@jest/globals'
import { aclEntries } from '@frontrow/messaging/topic-rights'
import { topicContracts } from '@frontrow/proto/message-catalog'
import { topics } from '@frontrow/proto/topics'
import { topicUsers } from '@frontrow/proto/topic-users'
import { consumedTopics as byCatalog } from '../services/catalog/src/messages.ts'
import { consumedTopics as byPayment } from '../services/payment/src/messages.ts'
import { newsTopics as byNotify } from '../services/payment/src/notify/news.ts'
import { listensTo as byQueue } from '../services/queue/src/messages.ts'
import { consumedTopics as byReservation } from '../services/reservation/src/messages.ts'
import { consumedTopics as byWallet } from '../services/wallet/src/messages.ts'
import { kafkaRights } from './kafka-rights.ts'
import { serviceNames } from './services.ts'

const sorted = (names: Iterable<string>): string[] => [...new Set(names)].toSorted()

test.each(serviceNames)('%s may write to the topics that it produces, and to no other', (name) => {
  const produced = Object.values(topicContracts).filter(({ producer }) => producer === name)
  expect(sorted(topicUsers[name].writes)).toEqual(sorted(produced.map(({ address }) => address)))
})

test('every topic has one service that may write to it', () => {
  const writable = serviceNames.flatMap((name) => topicUsers[name].writes)
  expect(writable.toSorted()).toEqual(Object.values(topics).toSorted())
})

test('a service may read the topics that it takes messages of, and no other', () => {
  const reads = Object.fromEntries(serviceNames.map((name) => [name, sorted(topicUsers[name].reads)]))
  expect(reads).toEqual({
    queue: sorted(byQueue),
    catalog: sorted(byCatalog),
    reservation: sorted(byReservation),
    payment: sorted([...byPayment, ...byNotify]),
    wallet: sorted(byWallet),
  })
})

test('rights are given for names with the prefix of the installation, and only to the service of that name', () => {
  const entries = kafkaRights('here.').flatMap(aclEntries)
  expect(sorted(entries.map(({ principal }) => principal))).toEqual(
    sorted(serviceNames.map((name) => `User:${name}`)),
  )
  for (const { resourceName } of entries) expect(resourceName).toMatch(/^here\.frontrow\./)
})
