import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { retryTopic } from '@frontrow/messaging/dead-letter'
import { topics } from '@frontrow/proto/topics'
import { eventually } from '@frontrow/test-kit/eventually'
import { tokenFor } from '@frontrow/test-kit/test-environment'
import { startPayingService } from './paying-service.ts'
import type { PayingService } from './paying-service.ts'

let service: PayingService

beforeAll(async () => {
  service = await startPayingService()
})

afterAll(() => service.stop())

describe('a message that can not be handled', () => {
  test('can be retried again where it could not be published', async () => {
    await service.participants.publish(topics.walletEvents, randomUUID(), 'WalletDebited', 'no JSON')
    const { rows } = await eventually(async () => {
      const found = await service.pool.query<{ dead_letter_id: string }>(
        'SELECT dead_letter_id FROM dead_letters',
      )
      expect(found.rows).toHaveLength(1)
      return found
    })
    const path = `/admin/dead-letters/${rows[0]?.dead_letter_id}/retry`
    await service.pool.query(`UPDATE dead_letters SET topic = 'no.such.topic'`)
    const failed = await service.send('POST', path, 'admin')
    expect([failed.status, failed.body.error?.code]).toEqual([503, 'UNAVAILABLE'])
    await service.pool.query('UPDATE dead_letters SET topic = $1', [topics.walletEvents])
    expect((await service.send('POST', path, 'admin')).status).toBe(200)
    await eventually(async () => {
      expect((await service.pool.query('SELECT FROM dead_letters')).rowCount).toBe(2)
    })
    await service.pool.query('DELETE FROM dead_letters')
  })

  test('is parked with its error, its partition goes on, and of retries one publishes it again', async () => {
    const paymentId = randomUUID()
    await service.participants.publish(topics.walletEvents, paymentId, 'WalletDebited', '{"paymentId": 7')
    await service.participants.publish(topics.walletEvents, paymentId, 'WalletRefunded', {
      paymentId,
      userId: '601',
      refundedAmount: 5,
    })
    interface Page {
      data: {
        items: {
          deadLetterId: string
          type: string
          value: string
          error: string
          retriedAt: string | null
        }[]
      }
    }
    const list = async (): Promise<Page['data']['items']> => {
      const response = await fetch(`${service.url}/api/v1/admin/dead-letters`, {
        headers: { Authorization: `Bearer ${await tokenFor('admin', { admin: true })}` },
      })
      const page: Page = JSON.parse(await response.text())
      return page.data.items
    }
    const parked = await eventually(async () => {
      const items = await list()
      expect(items.map((item) => item.type).toSorted()).toEqual(['WalletDebited', 'WalletRefunded'])
      return items
    })
    expect(parked.find((item) => item.type === 'WalletDebited')?.error).toContain('not JSON')
    expect(parked.find((item) => item.type === 'WalletRefunded')?.error).toContain('no saga')
    const retry = () => service.send('POST', `/admin/dead-letters/${parked[0]?.deadLetterId}/retry`, 'admin')
    const retried = await Promise.all([retry(), retry(), retry()])
    retried.push(await retry())
    const data = retried.at(-1)?.body.data
    expect(data).toMatchObject({ retriedAt: expect.any(String) })
    for (const { status, body } of retried) {
      if (status === 409) expect(body.error?.code).toBe('DEAD_LETTER_BEING_RETRIED')
      else expect([status, body.data]).toEqual([200, data])
    }
    await eventually(async () => expect(await list()).toHaveLength(3))
    expect((await list())[0]?.value).toBe(parked[0]?.value)
    // One that came twice would be in its way, since messages that are published again stay in order.
    const retries = retryTopic(topics.walletEvents)
    await service.participants.publish(retries, paymentId, 'WalletDebited', 'the last one')
    await eventually(async () => expect((await list())[0]?.value).toBe('the last one'))
    expect(await list()).toHaveLength(4)
    expect((await service.pay('602', service.hold('602'))).status).toBe(201)
    const forbidden = await service.send('GET', '/admin/dead-letters', '602')
    expect(forbidden.status).toBe(403)
  })
})
