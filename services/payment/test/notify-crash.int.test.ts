import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { topics } from '@frontrow/proto/topics'
import { eventually } from '@frontrow/test-kit/eventually'
import { uuidv7 } from 'uuidv7'
import { createNotifyUnderTest, makePurchase, publishApproved } from './notify-under-test.ts'
import type { NotifyUnderTest } from './notify-under-test.ts'
import { startWebhookReceiver } from './webhook-receiver.ts'

const MAIN = fileURLToPath(new URL('../src/notify-main.ts', import.meta.url))

let notify: NotifyUnderTest

beforeAll(async () => {
  notify = await createNotifyUnderTest()
})

afterAll(() => notify.stop())

/** A mail server that takes connections and says nothing. */
async function startSilentServer(): Promise<{ port: number; stop(): Promise<void> }> {
  const server = createServer((socket) => socket.on('error', () => undefined)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('the server has no port')
  return {
    port: address.port,
    stop: async () => {
      server.close()
      await once(server, 'close')
    },
  }
}

/** As when their time has come. A lease that is much longer than an attempt may take, and is noted, is left as it is. */
async function letLeasesRunOut(): Promise<void> {
  await notify.pool.query(
    `UPDATE notices SET due_at = now() WHERE due_at BETWEEN now() AND now() + interval '34 s'`,
  )
  await notify.pool.query(
    `UPDATE webhook_deliveries SET due_at = now(), leased_until = now()
     WHERE leased_until BETWEEN now() AND now() + interval '15 s'`,
  )
}

test('what a killed process had in hand goes out soon after the longest that an attempt takes, and what waited behind it', async () => {
  const to = await startWebhookReceiver()
  const silent = await startSilentServer()
  await notify.pool.query(
    `INSERT INTO webhooks (webhook_id, url, event_types, status, secret)
     VALUES ($1, $2, '{payment.approved,payment.refunded}', 'ENABLED', '\\x00')`,
    [uuidv7(), to.url],
  )
  to.answer = () => undefined
  const killed = spawn(process.execPath, [MAIN], {
    env: {
      ...notify.processEnv,
      PATH: process.env['PATH'],
      SMTP_URL: `smtp://127.0.0.1:${silent.port}`,
    },
    stdio: 'ignore',
  })
  const exited = once(killed, 'exit')
  try {
    const purchase = await makePurchase(notify, { email: 'fan@example.com' })
    const eventId = await publishApproved(notify, purchase)
    const refund = { ...purchase, reason: 'USER_CANCELLED', refundedAmount: 1 }
    const laterId = await notify.publish(
      topics.paymentEvents,
      purchase.reservationId,
      'PaymentRefunded',
      refund,
    )
    await to.deliveries(1)
    await eventually(async () => {
      const { rows } = await notify.pool.query(
        `SELECT (SELECT count(*)::int FROM webhook_deliveries) AS deliveries, (SELECT count(*)::int FROM notices WHERE attempts = 1) AS mails`,
      )
      expect(rows).toEqual([{ deliveries: 2, mails: 2 }])
    })
    killed.kill('SIGKILL')
    await exited
    await letLeasesRunOut()
    to.answer = () => 204
    await notify.startProcess()
    await eventually(() =>
      expect(to.received.map(({ headers }) => headers['webhook-id'])).toEqual([eventId, eventId, laterId]),
    )
    await eventually(() => expect(notify.mailbox.list()).toHaveLength(2))
  } finally {
    killed.kill('SIGKILL')
    await exited
    await to.stop()
    await silent.stop()
  }
})
