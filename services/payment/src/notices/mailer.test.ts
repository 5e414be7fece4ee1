import { once } from 'node:events'
import { createServer } from 'node:net'
import { expect, test } from '@jest/globals'
import { createMailer, MailOutageError } from './mailer.ts'

test('a password goes to another machine by TLS only, also where the server offers none', async () => {
  const said: string[] = []
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.write('220 mail.example\r\n')
    socket.on('data', (bytes) => {
      const command = bytes.toString()
      said.push(command)
      if (command.startsWith('EHLO')) socket.write('250-mail.example\r\n250 AUTH PLAIN LOGIN\r\n')
      else socket.end('502 not here\r\n')
    })
  })
  server.listen(0, '0.0.0.0')
  await once(server, 'listening')
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('the server has no port')
  const mailer = createMailer({
    // Leads to this machine, as 127.0.0.1 does, but is not known as such.
    smtpUrl: `smtp://user:password@0.0.0.0:${address.port}`,
    from: 'Frontrow <tickets@frontrow.example>',
    perSecond: 10,
    connectionsMax: 1,
  })
  const mail = {
    id: '1',
    to: 'fan@example.com',
    kind: 'CONFIRMATION',
    subject: 'Hello',
    text: 'Hello',
    html: '<p>Hello</p>',
  } as const
  await expect(mailer.send(mail, AbortSignal.timeout(60_000))).rejects.toThrow(MailOutageError)
  mailer.close()
  server.close()
  expect(said.some((command) => command.startsWith('STARTTLS'))).toBe(true)
  expect(said.filter((command) => command.startsWith('AUTH'))).toEqual([])
})
