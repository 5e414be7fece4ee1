import { afterEach, beforeEach, expect, test } from '@jest/globals'
import type { Server } from 'node:http'
import { once } from 'node:events'
import { createConnection } from 'node:net'
import { text } from 'node:stream/consumers'
import { freePorts } from '@frontrow/local-stack/ports'
import { Mailbox } from '@frontrow/mailbox/mailbox'
import { serveMailbox } from '@frontrow/mailbox/mailbox-page'
import { openMailbox } from './mailbox.ts'

let mailbox: Mailbox
let page: Server
let smtpPort: number
let url: string

beforeEach(async () => {
  const [httpPort = 0] = await freePorts(1)
  mailbox = new Mailbox({ mailsMax: 2, mailBytesMax: 10_000 })
  smtpPort = await mailbox.listen('127.0.0.1', 0)
  page = await serveMailbox(mailbox, '127.0.0.1', httpPort)
  url = `http://127.0.0.1:${httpPort}`
})

afterEach(async () => {
  page.closeAllConnections()
  page.close()
  await mailbox.close()
})

async function mail(id: string): Promise<void> {
  const socket = createConnection(smtpPort, '127.0.0.1')
  // A server takes who speaks before it has greeted for a spammer.
  await once(socket, 'data')
  const lines = ['HELO here', 'MAIL FROM:<a@example.com>', 'RCPT TO:<b@example.com>', 'DATA']
  const content = ['Frontrow-Notice: REFUND', `Message-ID: <${id}@example.com>`, '', 'Hello', '.', 'QUIT']
  for (const line of [...lines, ...content]) {
    socket.write(`${line}\r\n`)
  }
  expect(await text(socket)).toContain('221')
}

test('a reader sees the mails that came after it was opened, and what each is about', async () => {
  await mail('before')
  const reader = await openMailbox(url)
  await mail('after')
  expect(await reader.read()).toEqual({
    mails: [{ messageId: '<after@example.com>', to: ['b@example.com'], notice: 'REFUND' }],
    dropped: false,
  })
  reader.close()
})

test('a reader keeps what it has read, and says when mails were dropped that it has not', async () => {
  const reader = await openMailbox(url)
  for (const id of ['1', '2']) await mail(id)
  expect((await reader.read()).mails).toHaveLength(2)
  await mail('3')
  expect(await reader.read()).toMatchObject({ mails: { length: 3 }, dropped: false })
  for (const id of ['4', '5', '6']) await mail(id)
  expect((await reader.read()).dropped).toBe(true)
  reader.close()
})

test('an address where no mailbox answers is named', async () => {
  const [port = 0] = await freePorts(1)
  await expect(openMailbox(`http://127.0.0.1:${port}`)).rejects.toThrow(
    `no mailbox answers at http://127.0.0.1:${port}`,
  )
  await expect(openMailbox(`http://127.0.0.1:${smtpPort}`)).rejects.toThrow('no mailbox')
})
