import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { text as bodyOf } from 'node:stream/consumers'
import { expect, test } from '@jest/globals'
import { Mailbox } from '@frontrow/mailbox/mailbox'
import { eventually } from '@frontrow/test-kit/eventually'
import type { Page } from 'playwright-core'
import type { Show } from './running-system.ts'
import type { Stage } from './stage.ts'

const AWAY = '/away'

/** A mail server and a receiver of webhooks that are not ours, and may be broken. */
export interface Outside {
  /** What a system is started with that sends mail there, and may post there. */
  settings: Record<string, string>
  /** Whether all mail is refused for good. */
  refusesMail: boolean
  mailbox: Mailbox
  receiver: Receiver
  stop: () => Promise<void>
}

/** It takes what tells of other reservations: the system may still have purchases of earlier stories to tell of. */
interface Receiver {
  url: string
  /** Is never there. */
  awayUrl: string
  reservationId: string | undefined
  /** Whether `url` says that it is gone for good. */
  isGone: boolean
  /** How many posts that tell of the reservation were taken. */
  taken: number
}

/** Starts both; they are well at first. */
export async function startOutside(): Promise<Outside> {
  const noSuchUser = Object.assign(new Error('no such user here'), { responseCode: 550 })
  const mailbox = new Mailbox({
    mailsMax: 100,
    mailBytesMax: 1_000_000,
    refuse: () => (outside.refusesMail ? noSuchUser : undefined),
  })
  const smtpPort = await mailbox.listen('127.0.0.1', 0)
  const answerTo = async (request: IncomingMessage): Promise<number> => {
    const { receiver } = outside
    const body = await bodyOf(request)
    if (receiver.reservationId === undefined || !body.includes(receiver.reservationId)) return 204
    if (request.url === AWAY) return 503
    if (receiver.isGone) return 410
    receiver.taken += 1
    return 204
  }
  const server = createServer((request, response) => {
    answerTo(request).then(
      (status) => response.writeHead(status).end(),
      // It was cut off while it was read, as it is when the system stops.
      () => response.destroy(),
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('the receiver has no port')
  const origin = `http://127.0.0.1:${address.port}`
  const outside: Outside = {
    settings: {
      SMTP_URL: `smtp://127.0.0.1:${smtpPort}`,
      MAIL_FROM: 'Frontrow <tickets@frontrow.example>',
      WEBHOOK_ALLOW_PRIVATE: 'yes',
    },
    refusesMail: false,
    mailbox,
    receiver: {
      url: `${origin}/in`,
      awayUrl: `${origin}${AWAY}`,
      reservationId: undefined,
      isGone: false,
      taken: 0,
    },
    stop: async () => {
      server.closeAllConnections()
      server.close()
      await Promise.all([once(server, 'close'), mailbox.close()])
    },
  }
  return outside
}

/** Holds a seat by the API; returns its reservation. */
async function holdSeat({ system }: Stage, { scheduleId }: Show, user: string): Promise<string> {
  const place = Object(await system.call('POST', '/queue/tokens', { user, body: { scheduleId } }))
  const body = { scheduleId, quantity: 1 }
  const hold = { user, key: `hold-${user}`, queueToken: String(place.token), body }
  return String(Object(await system.call('POST', '/reservations', hold)).reservationId)
}

/** Pays for it, of which a mail and a webhook are to tell. */
async function payFor({ system }: Stage, reservationId: string, user: string): Promise<void> {
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
  test('a mail that was refused and webhooks that are away or gone are told with their errors, and get well by a press', async () => {
    const there = outside()
    const show = await stage.system.openShow('Troubles outside', 20)
    const user = 'trouble-1'
    const reservationId = await holdSeat(stage, show, user)
    there.receiver.reservationId = reservationId
    there.receiver.isGone = true
    for (const url of [there.receiver.awayUrl, there.receiver.url]) {
      const body = { url, eventTypes: ['payment.approved'] }
      await stage.system.call('POST', '/admin/webhooks', { key: `webhook-${url.length}`, body })
    }
    there.refusesMail = true
    await payFor(stage, reservationId, user)
    const { page, signIn, look } = await stage.open('/console/troubles')
    await signIn('admin')
    const mail = rowOf(page, 'Mails that failed', `to ${user}`)
    const delivery = rowOf(page, 'Webhook deliveries that failed', reservationId)
    await mail.getByText('no such user here').waitFor()
    await page.getByText('1 has failed and is tried again by itself.').waitFor()
    await page.getByText('answered 503').waitFor()
    await delivery.getByText('answered 410').waitFor()
    await page.getByText('The receiver said that it is gone for good').waitFor()
    await look('troubles')
    // Still refused: it comes back, with a button to try again.
    const failedAt = async (): Promise<unknown> => {
      const { items } = Object(await stage.system.call('GET', '/admin/notices?status=FAILED'))
      const mails: unknown[] = items
      return Object(mails.find((one) => Object(one).reservationId === reservationId)).endedAt
    }
    const before = await failedAt()
    await mail.getByRole('button', { name: 'Send again' }).click()
    await eventually(async () => {
      const again = await failedAt()
      expect(again).toEqual(expect.any(String))
      expect(again).not.toBe(before)
    })
    there.refusesMail = false
    there.receiver.isGone = false
    await mail.getByRole('button', { name: 'Send again' }).click()
    await eventually(() => expect(there.mailbox.list(`fan-${user}@frontrow.example`)).toHaveLength(1))
    await mail.waitFor({ state: 'detached' })
    await delivery.getByRole('button', { name: 'Deliver again' }).click()
    await delivery.getByText('The webhook is paused. Let it go on first').waitFor()
    await page.getByRole('link', { name: 'Webhooks' }).click()
    await page.getByRole('button', { name: 'Let it go on' }).click()
    await page.getByRole('button', { name: 'Pause', exact: true }).nth(1).waitFor()
    await page.getByRole('link', { name: /^Troubles/ }).click()
    await delivery.getByRole('button', { name: 'Deliver again' }).click()
    await eventually(() => expect(there.receiver.taken).toBe(1))
    await delivery.waitFor({ state: 'detached' })
  })
}
