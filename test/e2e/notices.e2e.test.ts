import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { freePorts } from '@frontrow/local-stack/ports'
import { Mailbox } from '@frontrow/mailbox/mailbox'
import { eventually } from '@frontrow/test-kit/eventually'
import { ask, enter, openOnSale, startOnSaleNetwork } from './on-sale-network.ts'
import type { OnSaleNetwork } from './on-sale-network.ts'

const BUYERS = 6

let network: OnSaleNetwork
let mailbox: Mailbox
let smtpPort: number
let notify: ChildProcess

beforeAll(async () => {
  network = await startOnSaleNetwork()
  mailbox = new Mailbox({ mailsMax: 1_000, mailBytesMax: 100_000 })
  smtpPort = await mailbox.listen('127.0.0.1', 0)
  notify = await startNotify()
})

afterAll(async () => {
  await end('SIGTERM')
  await mailbox?.close()
  await network?.stop()
})

async function startNotify(): Promise<ChildProcess> {
  const [opsPort = 0] = await freePorts(1)
  const started = spawn(process.execPath, [join('services', 'payment', 'src', 'notify-main.ts')], {
    cwd: join(import.meta.dirname, '..', '..'),
    env: {
      PATH: process.env['PATH'],
      ...network.environment.serviceEnv('payment'),
      CATALOG_GRPC: network.grpcOf('catalog'),
      RESERVATION_GRPC: network.grpcOf('reservation'),
      ...network.notifyCertificate,
      OPS_PORT: String(opsPort),
      SMTP_URL: `smtp://127.0.0.1:${smtpPort}`,
      MAIL_FROM: 'Frontrow <tickets@frontrow.example>',
    },
    stdio: 'ignore',
  })
  await eventually(
    async () => expect((await fetch(`http://127.0.0.1:${opsPort}/health/ready`)).status).toBe(200),
    { everyMs: 100 },
  )
  return started
}

async function end(signal: NodeJS.Signals): Promise<void> {
  if (notify === undefined || notify.exitCode !== null || notify.signalCode !== null) return
  const exited = once(notify, 'exit')
  notify.kill(signal)
  await exited
}

const emailOf = (userId: string): string => `${userId}@example.com`

async function buy(scheduleId: number, userId: string, seatId: number): Promise<void> {
  const queueToken = await enter(network, userId, scheduleId, 100_000)
  const held = await ask(network, 'POST', '/api/v1/reservations', {
    as: userId,
    queueToken,
    key: randomUUID(),
    body: { scheduleId, seatIds: [seatId] },
  })
  expect(held.status).toBe(201)
  const paid = await ask(network, 'POST', '/api/v1/payments', {
    as: userId,
    claims: { email: emailOf(userId) },
    key: randomUUID(),
    body: { reservationId: held.data.reservationId, paymentMethod: 'BALANCE' },
  })
  expect(paid.data).toMatchObject({ status: 'APPROVED' })
}

test('each buyer of a show that is cancelled gets one mail for each event, also where the sender is killed in between', async () => {
  const { scheduleId } = await openOnSale(network, 10)
  const buyers = Array.from({ length: BUYERS }, (_one, index) => `mail-buyer-${index}`)
  for (const [index, userId] of buyers.entries()) await buy(scheduleId, userId, index + 1)
  await eventually(() => expect(mailbox.list()).toHaveLength(BUYERS))
  await end('SIGKILL')
  const cancelled = await network.call('PATCH', `/api/v1/admin/schedules/${scheduleId}`, {
    as: 'admin',
    admin: true,
    body: { status: 'CANCELLED' },
  })
  expect(cancelled.status).toBe(200)
  notify = await startNotify()
  for (const userId of buyers) {
    const mails = await eventually(() => {
      const found = mailbox.list(emailOf(userId))
      expect(found).toHaveLength(3)
      return found
    })
    const subjects = mails.map(({ subject }) => subject.split(':')[0] ?? '')
    expect(new Set(subjects)).toEqual(new Set(['Cancelled', 'Confirmed', 'Refunded']))
    expect(mails.every(({ text }) => text.includes('A, row A, seat'))).toBe(true)
  }
})
