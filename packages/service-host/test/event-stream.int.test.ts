import { createServer, get } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { once } from 'node:events'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, test } from '@jest/globals'
import { EventStream, formatEvent } from '../src/event-stream.ts'

async function openStream(): Promise<{ stream: EventStream; reader: IncomingMessage; close: () => void }> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('no port')
  const requested = new Promise<ServerResponse>((resolve) => {
    server.once('request', (_request, response) => resolve(response))
  })
  const answered = new Promise<IncomingMessage>((resolve) => {
    get({ host: '127.0.0.1', port: address.port }, resolve)
  })
  const stream = new EventStream(await requested)
  const reader = await answered
  const close = (): void => {
    server.closeAllConnections()
    server.close()
  }
  return { stream, reader, close }
}

test('a reader that stops reading is cut off, and costs no more memory', async () => {
  const { stream, reader, close } = await openStream()
  const cut = new Promise<void>((resolve) => stream.onClose(resolve))
  reader.pause()
  reader.on('error', () => undefined)
  const text = formatEvent('change', { filler: 'x'.repeat(100_000) })
  let sent = 0
  // The kernel takes some megabytes on its way before anything waits here.
  while (sent < 500 && stream.send(text)) {
    sent += 1
    await nextTurn()
  }
  expect(sent).toBeLessThan(500)
  await cut
  expect(stream.send(text)).toBe(false)
  close()
})

test('a reader that keeps up gets everything and the last event', async () => {
  const { stream, reader, close } = await openStream()
  expect(reader.headers).toMatchObject({
    'content-type': 'text/event-stream; charset=utf-8',
    'x-accel-buffering': 'no',
    'cache-control': 'no-store',
  })
  stream.send(formatEvent('change', { seats: [] }))
  stream.end(formatEvent('end', { reason: 'STOPPING' }))
  const chunks: string[] = []
  for await (const chunk of reader.setEncoding('utf8')) chunks.push(String(chunk))
  expect(chunks.join('')).toBe(
    'event: change\ndata: {"seats":[]}\n\nevent: end\ndata: {"reason":"STOPPING"}\n\n',
  )
  close()
})
