import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { topics } from '@frontrow/proto/topics'
import { readConfig } from '@frontrow/service-host/config'
import type { RunningService } from '@frontrow/service-host/host'
import { eventually } from '@frontrow/test-kit/eventually'
import { settings } from '../src/config.ts'
import { startPayment } from '../src/start.ts'
import { createNotifyUnderTest, makePurchase, publishApproved } from './notify-under-test.ts'
import type { NotifyUnderTest } from './notify-under-test.ts'
import { createWebhookAdmin } from './webhook-admin.ts'
import { startWebhookReceiver, verify } from './webhook-receiver.ts'
import type { WebhookReceiver } from './webhook-receiver.ts'

let notify: NotifyUnderTest
let payment: RunningService
let running: { opsPort: number; stop(): Promise<void> }
const receivers: WebhookReceiver[] = []
const { admin, register, webhook, log } = createWebhookAdmin(() => payment.ports.http)

beforeAll(async () => {
  notify = await createNotifyUnderTest()
  const targets = ['QUEUE_GRPC', 'CATALOG_GRPC', 'RESERVATION_GRPC', 'WALLET_GRPC']
  const config = readConfig(settings, {
    ...notify.environment.serviceEnv('payment'),
    ...Object.fromEntries(targets.map((name) => [name, notify.neighbours])),
    WEBHOOK_ALLOW_PRIVATE: 'yes',
  })
  payment = await startPayment(config, {
    processMetrics: false,
    onFatal: (error) => {
      throw error
    },
  })
  running = await notify.startProcess()
})

afterEach(async () => {
  await notify.pool.query(`UPDATE webhooks SET status = 'DELETED'`)
  await Promise.all(receivers.splice(0).map((one) => one.stop()))
})

afterAll(async () => {
  await payment.stop()
  await notify.stop()
})

async function receiver(): Promise<WebhookReceiver> {
  const started = await startWebhookReceiver()
  receivers.push(started)
  return started
}

/** Lets what waits to be tried again be tried now. */
async function hurry(): Promise<void> {
  await notify.pool.query(
    `UPDATE webhook_deliveries SET due_at = now() WHERE status = 'PENDING' AND due_at IS NOT NULL AND last_error IS NOT NULL`,
  )
}

test('a registered webhook gets the events it wants, signed so that the library of Standard Webhooks verifies them', async () => {
  const to = await receiver()
  const { webhookId, secret = '' } = await register(to, ['payment.approved'])
  const purchase = await makePurchase(notify)
  const { reservationId } = purchase
  const refund = { ...purchase, reason: 'USER_CANCELLED', refundedAmount: 1 }
  await notify.publish(topics.paymentEvents, reservationId, 'PaymentRefunded', refund)
  const eventId = await publishApproved(notify, purchase)
  const [one] = await to.deliveries(1)
  if (one === undefined) throw new Error('nothing came')
  expect(verify(secret, one)).toEqual(one.content)
  expect(one.headers).toMatchObject({ 'webhook-id': eventId, 'content-type': 'application/json' })
  expect(one.content).toEqual({
    type: 'payment.approved',
    timestamp: expect.any(String),
    data: { ...purchase, paymentMethod: 'BALANCE' },
  })
  await eventually(async () => {
    expect(await log(webhookId)).toMatchObject([
      { eventId, status: 'DELIVERED', attempts: 1, responseStatus: 204 },
    ])
  })
  // The secret was shown once.
  expect(await webhook(webhookId)).not.toHaveProperty('secret')
})

test('an event that comes again is delivered once', async () => {
  const to = await receiver()
  await register(to)
  const purchase = await makePurchase(notify)
  const eventId = await publishApproved(notify, purchase)
  await publishApproved(notify, purchase, eventId)
  const last = await publishApproved(notify, purchase)
  const received = await to.deliveries(2)
  expect(received.map(({ headers }) => headers['webhook-id'])).toEqual([eventId, last])
})

test('what fails is tried again under the same id; behind it waits its reservation only, in order', async () => {
  const to = await receiver()
  const { webhookId } = await register(to, ['payment.approved', 'payment.refunded'])
  let fails = true
  const stuck = await makePurchase(notify)
  to.answer = ({ content }) => (fails && content.data['reservationId'] === stuck.reservationId ? 500 : 200)
  const first = await publishApproved(notify, stuck)
  const refund = { ...stuck, reason: 'USER_CANCELLED', refundedAmount: 1 }
  const second = await notify.publish(topics.paymentEvents, stuck.reservationId, 'PaymentRefunded', refund)
  await to.deliveries(1)
  const other = await publishApproved(notify, await makePurchase(notify))
  await to.deliveries(2)
  await eventually(async () => {
    expect(await log(webhookId)).toContainEqual(
      expect.objectContaining({
        eventId: first,
        status: 'PENDING',
        attempts: 1,
        lastError: 'answered 500: noted',
      }),
    )
  })
  fails = false
  await hurry()
  const received = await to.deliveries(4)
  expect(received.map(({ headers }) => headers['webhook-id'])).toEqual([first, other, first, second])
})

test('a receiver that hangs has some requests at once, and delays only itself', async () => {
  const slow = await receiver()
  const quick = await receiver()
  slow.answer = () => undefined
  const { webhookId } = await register(slow)
  await register(quick)
  for (let count = 0; count < 12; count += 1) await publishApproved(notify, await makePurchase(notify))
  await quick.deliveries(12)
  // Not all have been sent even once: for that, eight of them would have had to run out of time.
  expect(slow.received.length).toBeLessThan(12)
  expect(Math.max(...slow.received.map(({ open }) => open))).toBeLessThanOrEqual(4)
  await eventually(async () => {
    expect(await log(webhookId)).toContainEqual(
      expect.objectContaining({ status: 'PENDING', lastError: 'no answer within 10 s' }),
    )
  })
})

test('a receiver that answers 101 has taken nothing, and holds up no stop', async () => {
  const to = await receiver()
  const { webhookId } = await register(to)
  to.answer = (_received, response) => {
    response.writeHead(101, { Connection: 'Upgrade', Upgrade: 'websocket' }).end()
    return undefined
  }
  await publishApproved(notify, await makePurchase(notify))
  await eventually(async () => {
    expect(await log(webhookId)).toMatchObject([{ status: 'PENDING', responseStatus: 101 }])
  })
  const began = Date.now()
  await running.stop()
  // An attempt that is still in hand would hold it up for the 15 s that a stop may take.
  expect(Date.now() - began).toBeLessThan(12_000)
  running = await notify.startProcess()
})

test('a process that stops says so before it ends what is in hand', async () => {
  const to = await receiver()
  const { webhookId } = await register(to)
  let answer = (): void => undefined
  to.answer = (_received, response) => {
    answer = () => void response.writeHead(200).end()
    return undefined
  }
  await publishApproved(notify, await makePurchase(notify))
  await to.deliveries(1)
  const stopping = running.stop()
  await eventually(async () => {
    const ready = await fetch(`http://127.0.0.1:${running.opsPort}/health/ready`)
    expect(ready.status).toBe(503)
  })
  answer()
  await stopping
  expect(await log(webhookId)).toMatchObject([{ status: 'DELIVERED' }])
  running = await notify.startProcess()
})

test('what the old address of a webhook answers says nothing of its new one', async () => {
  const old = await receiver()
  const to = await receiver()
  const { webhookId } = await register(old)
  let answer = (): void => undefined
  old.answer = (_received, response) => {
    answer = () => void response.writeHead(410).end()
    return undefined
  }
  await publishApproved(notify, await makePurchase(notify))
  await old.deliveries(1)
  const failing = `UPDATE webhooks SET failing_since = now() - interval '73 h' WHERE webhook_id = $1`
  await notify.pool.query(failing, [webhookId])
  const changed = await admin('PATCH', `/webhooks/${webhookId}`, { url: to.url })
  expect(changed.data).toMatchObject({ status: 'ENABLED', failingSince: null })
  answer()
  await eventually(async () => {
    expect(await log(webhookId)).toMatchObject([{ status: 'PENDING', responseStatus: 410 }])
  })
  expect(await webhook(webhookId)).toMatchObject({ status: 'ENABLED', failingSince: null })
  await hurry()
  await to.deliveries(1)
})

test('a delivery in hand is not sent a second time at once when an admin has it tried again', async () => {
  const to = await receiver()
  const { webhookId } = await register(to)
  let answer = (): void => undefined
  to.answer = (_received, response) => {
    if (to.received.length > 1) return 200
    answer = () => void response.writeHead(200).end()
    return undefined
  }
  const first = await publishApproved(notify, await makePurchase(notify))
  await to.deliveries(1)
  const [inHand] = await log(webhookId)
  const retry = await admin('POST', `/webhooks/${webhookId}/deliveries/${inHand?.deliveryId}/retry`)
  expect(retry.data).toMatchObject({ status: 'PENDING', attempts: 1 })
  // What comes behind it is leased with all that is due.
  const second = await publishApproved(notify, await makePurchase(notify))
  await eventually(async () => {
    expect(await log(webhookId)).toMatchObject([
      { eventId: second, status: 'DELIVERED' },
      { eventId: first, status: 'PENDING', attempts: 1 },
    ])
  })
  answer()
  await eventually(async () => {
    expect((await log(webhookId))[1]).toMatchObject({ status: 'DELIVERED', attempts: 1 })
  })
  expect(to.received).toHaveLength(2)
})

test('a receiver that answers 410 is disabled, what waits for it fails, and it can be enabled again', async () => {
  const to = await receiver()
  const { webhookId } = await register(to)
  to.answer = () => 410
  await publishApproved(notify, await makePurchase(notify))
  await eventually(async () => {
    expect(await webhook(webhookId)).toMatchObject({ status: 'DISABLED', disabledReason: 'GONE' })
  })
  expect(await log(webhookId)).toMatchObject([{ status: 'FAILED', responseStatus: 410 }])
  const [failed] = await log(webhookId)
  const retry = `/webhooks/${webhookId}/deliveries/${failed?.deliveryId}/retry`
  expect((await admin('POST', retry)).error.code).toBe('WEBHOOK_DISABLED')

  to.answer = () => 200
  const enabled = await admin('PATCH', `/webhooks/${webhookId}`, { status: 'ENABLED' })
  expect(enabled.data).toMatchObject({ status: 'ENABLED', disabledReason: null })
  expect((await admin('POST', retry)).data).toMatchObject({ status: 'PENDING', attempts: 0 })
  await eventually(async () => {
    expect(await log(webhookId)).toMatchObject([{ status: 'DELIVERED', attempts: 1 }])
  })
})

test('a delivery is given up after a day, the next one of its reservation follows, and three days of failure disable', async () => {
  const to = await receiver()
  const { webhookId } = await register(to)
  to.answer = () => 503
  const purchase = await makePurchase(notify)
  const first = await publishApproved(notify, purchase)
  await to.deliveries(1)
  const second = await publishApproved(notify, purchase)
  await eventually(async () => expect(await log(webhookId)).toHaveLength(2))
  expect(to.received).toHaveLength(1)
  const byId = 'WHERE webhook_id = $1'
  await notify.pool.query(
    `UPDATE webhook_deliveries SET tried_since = now() - interval '25 h' ${byId} AND attempts > 0`,
    [webhookId],
  )
  await hurry()
  const received = await to.deliveries(3)
  expect(received.map(({ headers }) => headers['webhook-id'])).toEqual([first, first, second])
  await eventually(async () => {
    expect(await log(webhookId)).toMatchObject([
      { eventId: second, status: 'PENDING', attempts: 1 },
      { eventId: first, status: 'FAILED', attempts: 2 },
    ])
  })
  expect((await webhook(webhookId)).failingSince).not.toBeNull()

  await notify.pool.query(`UPDATE webhooks SET failing_since = now() - interval '73 h' ${byId}`, [webhookId])
  await notify.pool.query(`UPDATE webhook_deliveries SET attempts = 5 ${byId} AND status = 'PENDING'`, [
    webhookId,
  ])
  await hurry()
  await eventually(async () => {
    expect(await webhook(webhookId)).toMatchObject({ status: 'DISABLED', disabledReason: 'FAILING' })
  })
})

test('redirects are not followed, and of a long answer little is read', async () => {
  const inner = await receiver()
  const to = await receiver()
  const { webhookId } = await register(to)
  to.answer = (_received, response) => {
    response.writeHead(302, { Location: inner.url }).end()
    return undefined
  }
  await publishApproved(notify, await makePurchase(notify))
  await eventually(async () => {
    expect(await log(webhookId)).toMatchObject([
      { status: 'PENDING', responseStatus: 302, lastError: 'answered 302; redirects are not followed' },
    ])
  })
  expect(inner.received).toEqual([])

  let written = 0
  to.answer = (_received, response) => {
    response.writeHead(500)
    const timer = setInterval(() => {
      written += 10_000
      response.write('x'.repeat(10_000))
    }, 1)
    response.once('close', () => clearInterval(timer))
    return undefined
  }
  await hurry()
  await eventually(async () => {
    expect((await log(webhookId))[0]).toMatchObject({ attempts: 2, responseStatus: 500 })
  })
  expect(written).toBeLessThan(5_000_000)
})

test('while a secret is being replaced both verify; one that leaked is worth nothing at once', async () => {
  const to = await receiver()
  const { webhookId, secret: first = '' } = await register(to)
  const rotated = await admin('POST', `/webhooks/${webhookId}/secret`)
  const second = rotated.data.secret ?? ''
  expect(rotated.data.previousSecretUntil).not.toBeNull()
  await publishApproved(notify, await makePurchase(notify))
  const [one] = await to.deliveries(1)
  if (one === undefined) throw new Error('nothing came')
  for (const secret of [first, second]) expect(verify(secret, one)).toEqual(one.content)

  const body = { previousValidHours: 0 }
  const third = (await admin('POST', `/webhooks/${webhookId}/secret`, body)).data.secret ?? ''
  await publishApproved(notify, await makePurchase(notify))
  const [, two] = await to.deliveries(2)
  if (two === undefined) throw new Error('nothing came')
  expect(verify(third, two)).toEqual(two.content)
  for (const secret of [first, second]) expect(() => verify(secret, two)).toThrow()
})

test('nothing goes to an address of our own network, whatever was registered while that was allowed', async () => {
  await running.stop()
  const strict = await notify.startProcess({ WEBHOOK_ALLOW_PRIVATE: 'no' })
  const to = await receiver()
  const { webhookId } = await register(to)
  const byName = await admin('POST', '/webhooks', {
    url: to.url.replace('127.0.0.1', 'localhost'),
    eventTypes: ['payment.approved'],
  })
  await publishApproved(notify, await makePurchase(notify))
  await eventually(async () => {
    expect(await log(webhookId)).toMatchObject([{ lastError: '127.0.0.1 is no public address' }])
    expect((await log(byName.data.webhookId))[0]?.lastError).toMatch(/^localhost is .*no public address$/)
  })
  expect(to.received).toEqual([])
  await strict.stop()
  running = await notify.startProcess()
})

test('admins write once for each Idempotency-Key, and a change of an older version is refused', async () => {
  const body = { url: 'https://hooks.example.com/in', eventTypes: ['payment.approved'], description: 'Books' }
  const key = { 'Idempotency-Key': randomUUID() }
  const made = await admin('POST', '/webhooks', body, key)
  const again = await admin('POST', '/webhooks', body, key)
  expect(again).toEqual({ ...made, replayed: true })
  const path = `/webhooks/${made.data.webhookId}`
  const changed = await admin('PATCH', path, { description: null }, { 'If-Match': made.etag })
  expect(changed.status).toBe(200)
  const late = await admin('PATCH', path, { description: 'x' }, { 'If-Match': made.etag })
  expect(late).toMatchObject({ status: 412, error: { code: 'PRECONDITION_FAILED' } })
  expect((await admin('DELETE', path, undefined, key)).status).toBe(204)
  expect(await admin('DELETE', path, undefined, key)).toMatchObject({ status: 204, replayed: true })
  expect(await admin('GET', path)).toMatchObject({ status: 404, error: { code: 'WEBHOOK_NOT_FOUND' } })
})

test.each([
  [{ url: 'ftp://hooks.example.com', eventTypes: ['payment.approved'] }, 'url: must be an https URL'],
  [
    { url: 'https://a:b@hooks.example.com', eventTypes: ['payment.approved'] },
    'url: must have no user and password',
  ],
  [{ url: 'https://hooks.example.com', eventTypes: [] }, 'eventTypes'],
  [{ url: 'https://hooks.example.com', eventTypes: ['payment.maybe'] }, 'eventTypes.0'],
  [{ eventTypes: ['payment.approved'] }, 'url'],
])('bad input is refused with the field and its rule: %j', async (body, rule) => {
  const { status, error } = await admin('POST', '/webhooks', body)
  expect(status).toBe(400)
  expect(error.message).toContain(rule)
})

test('a mail that is parked as FAILED is shown to admins, who have it tried again', async () => {
  notify.refuseMail(() => Object.assign(new Error('no such mailbox'), { responseCode: 550 }))
  const purchase = await makePurchase(notify, { email: 'parked@example.com' })
  await publishApproved(notify, purchase)
  const failed = await eventually(async () => {
    const page = await admin('GET', '/notices?status=FAILED')
    const [first] = page.data.items
    expect(first?.reservationId).toBe(purchase.reservationId)
    return first
  })
  expect(failed?.lastError).toContain('no such mailbox')
  notify.refuseMail(undefined)
  const retry = `/notices/${failed?.noticeId}/retry`
  const key = { 'Idempotency-Key': randomUUID() }
  expect((await admin('POST', retry, undefined, key)).data).toMatchObject({ status: 'PENDING' })
  await eventually(() => expect(notify.mailbox.list('parked@example.com')).toHaveLength(1))
  expect(await admin('POST', retry, undefined, key)).toMatchObject({ status: 200, replayed: true })
  await eventually(async () => {
    expect(await admin('POST', retry)).toMatchObject({ status: 409, error: { code: 'NOTICE_NOT_FAILED' } })
  })
})
