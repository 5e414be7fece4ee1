import { randomUUID } from 'node:crypto'
import { expect } from '@jest/globals'
import { eventually } from '@frontrow/test-kit/eventually'
import type { OnSaleNetwork } from './on-sale-network.ts'
import { TopicTape } from './topic-tape.ts'
import type { TapedMessage } from './topic-tape.ts'

/** A message that nobody can apply, the text of its error, and the services that find that out. */
export interface Poison extends TapedMessage {
  error: RegExp
  consumers: readonly string[]
}

const poisonHeaders = (type: string): Record<string, string> => ({
  ce_specversion: '1.0',
  ce_id: randomUUID(),
  ce_type: type,
  ce_source: 'frontrow/test',
  ce_time: new Date().toISOString(),
})

/** In each partition: a value that is no JSON, one of a wrong type, and a message without an id. */
export function unreadableOf(
  topic: string,
  type: string,
  value: object,
  consumers: readonly string[],
): Poison[] {
  return TopicTape.partitions.flatMap((partition) => {
    const to = { topic, partition, key: randomUUID(), consumers }
    return [
      { ...to, headers: poisonHeaders(type), value: `{"${randomUUID()}`, error: /not JSON/ },
      {
        ...to,
        headers: poisonHeaders(type),
        value: JSON.stringify({
          ...value,
          paymentId: randomUUID(),
          amount: 'much',
          refundedAmount: 'much',
          totalAmount: 'much',
        }),
        error: new RegExp(`^value of ${type}`),
      },
      {
        ...to,
        headers: { ...poisonHeaders(type), ce_id: 'none' },
        value: JSON.stringify({ ...value, nonce: randomUUID() }),
        error: /ce_id is not a UUID/,
      },
    ]
  })
}

/** A message in the form of one that was there, under a new id, with some of its value changed. */
export function contradiction(
  of: TapedMessage | undefined,
  type: string,
  change: object,
  error: RegExp,
  consumer: string,
): Poison {
  if (of === undefined) throw new Error('there is nothing to contradict')
  const value = JSON.stringify({ ...JSON.parse(String(of.value)), ...change })
  return {
    ...of,
    headers: { ...of.headers, ce_id: randomUUID(), ce_type: type },
    value,
    error,
    consumers: [consumer],
  }
}

/** Each is in the dead-letter topic of its topic, and shown to admins, once for each service that could not apply it. */
export async function areDeadLetters(
  network: OnSaleNetwork,
  tape: TopicTape,
  poisons: readonly Poison[],
): Promise<void> {
  await eventually(
    async () => {
      const shown = await listDeadLetters(network)
      for (const { topic, value, error, consumers } of poisons) {
        for (const consumer of consumers) {
          const parked = tape.deadLetters.filter(
            (one) =>
              String(one.value) === value &&
              one.headers['dead-letter-consumer']?.endsWith(`.${consumer}`) === true,
          )
          expect(parked.map((one) => [one.topic, one.headers['dead-letter-error']])).toEqual([
            [`${topic}.dead-letter`, expect.stringMatching(error)],
          ])
          const seen = shown.filter((one) => one.value === value && one.consumer.endsWith(`.${consumer}`))
          expect(seen).toEqual([
            expect.objectContaining({ topic, value, error: expect.stringMatching(error) }),
          ])
        }
      }
    },
    { everyMs: 200 },
  )
}

async function listDeadLetters(
  network: OnSaleNetwork,
): Promise<{ topic: string; consumer: string; value: string; error: string }[]> {
  const all = []
  let cursor = ''
  do {
    const path = `/api/v1/admin/dead-letters?limit=100${cursor === '' ? '' : `&cursor=${cursor}`}`
    const { data } = await network.call('GET', path, { as: 'admin', admin: true })
    all.push(...data.items)
    cursor = data.nextCursor ?? ''
  } while (cursor !== '')
  return all
}
