import { once } from 'node:events'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import { fileURLToPath } from 'node:url'
import express from 'express'
import type { Mailbox } from './mailbox.ts'

const PAGE = fileURLToPath(new URL('../page', import.meta.url))

// What a mail brings may run nothing and load nothing, and is shown by itself.
const MAIL_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; frame-src 'self'"

/** Serves the page and its JSON: `/mails?to=address` newest first, and `/mails/{number}`; listens and returns the server. */
export async function serveMailbox(mailbox: Mailbox, host: string, port: number): Promise<Server> {
  const app = express()
  app.disable('x-powered-by')
  app.use((_request, response, next) => {
    response.setHeader('Content-Security-Policy', PAGE_POLICY)
    response.setHeader('X-Content-Type-Options', 'nosniff')
    response.setHeader('Cache-Control', 'no-store')
    next()
  })
  app.get('/health', (_request, response) => {
    response.json({ ready: true })
  })
  app.get('/mails', ({ query: { to } }, response) => {
    const mails = mailbox.list(typeof to === 'string' ? to : undefined)
    response.json(mails.map(({ text: _text, html: _html, headers: _headers, ...mail }) => mail))
  })
  app.get('/mails/:number', ({ params }, response) => {
    const mail = mailbox.find(Number(params.number))
    response.status(mail === undefined ? 404 : 200).json(mail ?? { error: 'there is no such mail' })
  })
  app.get('/mails/:number/html', ({ params }, response) => {
    const mail = mailbox.find(Number(params.number))
    response.setHeader('Content-Security-Policy', MAIL_POLICY)
    response
      .status(mail === undefined ? 404 : 200)
      .type('html')
      .send(mail?.html ?? '')
  })
  app.use(express.static(PAGE))
  const server = createServer(app)
  server.listen(port, host)
  await once(server, 'listening')
  return server
}
