import { once } from 'node:events'
import { createServer } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Server } from 'node:net'
import { afterEach, expect, test } from '@jest/globals'
import { postWebhook } from './post-webhook.ts'

let server: Server | undefined

afterEach(() => {
  server?.close()
})

/**
 * Posts to a receiver that writes these bytes as soon as it is written to, and then hangs up or leaves the connection open. With
 * `timesOut` the time is up when the bytes have come.
 */
async function postTo(bytes: string, { hangsUp = false, timesOut = false } = {}) {
  const deadline = new AbortController()
  const runOut = async (): Promise<void> => {
    // Both ends of the connection are here: some turns of the event loop have read what was written.
    for (let turn = 0; turn < 100; turn += 1) await nextTurn()
    deadline.abort(new DOMException('too late', 'TimeoutError'))
  }
  server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => {
      socket.write(bytes, () => timesOut && void runOut())
      if (hangsUp) socket.end()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('the server has no port')
  const request = { body: '{}', headers: {}, signal: deadline.signal }
  return postWebhook(new URL(`http://127.0.0.1:${address.port}/in`), request, true)
}

test.each([
  'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
  'HTTP/1.1 101 Switching Protocols\r\n\r\n',
])('a receiver that answers 101 is waited for no longer: %j', async (answer) => {
  expect(await postTo(answer)).toEqual({ status: 101, excerpt: '' })
})

test('a receiver that hangs up without an answer is a failure', async () => {
  await expect(postTo('', { hangsUp: true })).rejects.toThrow('socket hang up')
})

test('a receiver that answers nothing but that it goes on is waited for as long as the signal allows', async () => {
  const answer = 'HTTP/1.1 100 Continue\r\n\r\n'
  await expect(postTo(answer, { timesOut: true })).rejects.toMatchObject({ name: 'TimeoutError' })
})

test.each([
  ['hangs', false],
  ['breaks', true],
])('an answer of 200 counts at its headers, also where its body %s', async (_what, hangsUp) => {
  const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nno'
  expect(await postTo(answer, { hangsUp })).toMatchObject({ status: 200 })
})

test.each([
  ['hangs', false],
  ['breaks', true],
])('the status of a failure is told, and what came of its body, where that %s', async (_what, hangsUp) => {
  const answer = 'HTTP/1.1 500 Broken\r\nContent-Length: 100\r\n\r\nno'
  expect(await postTo(answer, { hangsUp, timesOut: !hangsUp })).toEqual({ status: 500, excerpt: 'no' })
})
