import { once } from 'node:events'
import { createServer } from 'node:http'
import { expect, test } from '@jest/globals'
import { Mailbox } from '@frontrow/mailbox/mailbox'
import { eventually } from '@frontrow/test-kit/eventually'
import type { Page } from 'playwright-core'
import type { Show } from './running-system.ts'
import type { Stage } from './stage.ts'

/** A mail server and a receiver of webhooks that are not ours, and may be broken. */
export interface Outside {
  /** What a system is started with that sends mail there, and may post there. */
  settings: Record<string, string>
  /** While it is true all mail is refused, and webhooks are said to be gone. */
  isBroken: boolean
  mailbox: Mailbox
  receiver: { url: string; taken: number }
  stop: () => Promise<void>
}

/** Starts both; they are well at first. */
export async function startOutside(): Promise<Outside> {
  const noSuchUser = Object.assign(new Error('no such user here'), { responseCode: 550 })
  const mailbox = new Mailbox({
    mailsMax: 100,
    mailBytesMax: 1_000_000,
    refuse: () => (outside.isBroken ? noSuchUser : undefined),
  })
  const smtpPort = await mailbox.listen('127.0.0.1', 0)
  const server = createServer((request, response) => {
    request.resume()
    if (!outside.isBroken) outside.receiver.taken += 1
    response.writeHead(outside.isBroken ? 410 : 204).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('the receiver has no port')
  const outside: Outside = {
    settings: {
      SMTP_URL: `smtp://127.0.0.1:${smtpPort}`,
      MAIL_FROM: 'Frontrow <tickets@frontrow.example>',
      WEBHOOK_ALLOW_PRIVATE: 'yes',
    },
    isBroken: false,
    mailbox,
    receiver: { url: `http://127.0.0.1:${address.port}/in`, taken: 0 },
    stop: async () => {
      server.closeAllConnections()
      server.close()
      await Promise.all([once(server, 'close'), mailbox.close()])
    },
  }
  return outside
}

/** Buys a seat by the API, of which a mail and a webhook are to tell. */
async function buySeat({ system }: Stage, { scheduleId }: Show, user: string): Promise<void> {
  const place = Object(await system.call('POST', '/queue/tokens', { user, body: { scheduleId } }))
  const body = { scheduleId, quantity: 1 }
  const hold = { user, key: `hold-${user}`, queueToken: String(place.token), body }
  const { reservationId } = Object(await system.call('POST', '/reservations', hold))
  const card = { token: 'tok_approved' }
  const payment = { reservationId, paymentMethod: 'CARD', card }
  await system.call('POST', '/payments', { user, key: `pay-${user}`, body: payment })
}

/** The row of a part of the page that says this. */
function rowOf(page: Page, part: string, text: string) {
  return page.getByRole('region', { name: part }).getByRole('listitem').filter({ hasText: text })
}

/** Stories of what goes wrong outside of the system, as the operator sees it. */
export function troubleStories(stage: Stage, outside: () => Outside): void {
  test('a mail that was refused and a webhook that is gone are told with their errors, and get well by a press', async () => {
    const there = outside()
    const show = await stage.system.openShow('Troubles outside', 20)
    const user = 'trouble-1'
    const webhook = { url: there.receiver.url, eventTypes: ['payment.approved'] }
    await stage.system.call('POST', '/admin/webhooks', { key: 'webhook-of-troubles', body: webhook })
    there.isBroken = true
    await buySeat(stage, show, user)
    const { page, signIn, look } = await stage.open('/console/troubles')
    await signIn('operator')
    const mail = rowOf(page, 'Mails that failed', `to ${user}`)
    const delivery = rowOf(page, 'Webhook deliveries that failed', 'payment.approved')
    await mail.getByText('no such user here').waitFor()
    await delivery.getByText('answered 410').waitFor()
    await page.getByText('The receiver said that it is gone for good').waitFor()
    await look('troubles')
    // Still refused: it comes back, with a button to try again.
    await mail.getByRole('button', { name: 'Send again' }).click()
    await mail.getByText('It is sent again shortly.').waitFor()
    await mail.getByRole('button', { name: 'Send again' }).waitFor()

    there.isBroken = false
    await mail.getByRole('button', { name: 'Send again' }).click()
    await eventually(() => expect(there.mailbox.list(`fan-${user}@frontrow.example`)).toHaveLength(1))
    await mail.waitFor({ state: 'detached' })
    await delivery.getByRole('button', { name: 'Deliver again' }).click()
    await delivery.getByText('The webhook is paused. Let it go on first').waitFor()
    await page.getByRole('link', { name: 'Webhooks' }).click()
    await page.getByRole('button', { name: 'Let it go on' }).click()
    await page.getByRole('button', { name: 'Pause', exact: true }).waitFor()
    await page.getByRole('link', { name: /^Troubles/ }).click()
    await delivery.getByRole('button', { name: 'Deliver again' }).click()
    await eventually(() => expect(there.receiver.taken).toBe(1))
    await delivery.waitFor({ state: 'detached' })
  })
}
