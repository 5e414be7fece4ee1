import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { topics } from '@frontrow/proto/topics'
import { eventually } from '@frontrow/test-kit/eventually'
import { tokenFor } from '@frontrow/test-kit/test-environment'
import { startPayingService } from './paying-service.ts'
import type { PayingService } from './paying-service.ts'

let service: PayingService

beforeAll(async () => {
  service = await startPayingService()
}, 60_000)

afterAll(() => service.stop())

describe('a message that can not be handled', () => {
  test('is parked with its error, its partition goes on, and a retry publishes it again', async () => {
    const paymentId = randomUUID()
    await service.participants.publish(topics.walletEvents, paymentId, 'WalletDebited', '{"paymentId": 7')
    await service.participants.publish(topics.walletEvents, paymentId, 'WalletRefunded', {
      paymentId,
      userId: '601',
      refundedAmount: 5,
    })
    interface Page {
      data: { items: { deadLetterId: string; type: string; error: string; retriedAt: string | null }[] }
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
    const retried = await service.send(
      'POST',
      `/admin/dead-letters/${parked[0]?.deadLetterId}/retry`,
      'admin',
    )
    expect(retried.status).toBe(200)
    await eventually(async () => expect(await list()).toHaveLength(3))
    expect((await service.pay('602', service.hold('602'))).status).toBe(201)
    const forbidden = await service.send('GET', '/admin/dead-letters', '602')
    expect(forbidden.status).toBe(403)
  })
})
