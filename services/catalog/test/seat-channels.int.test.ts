import { once } from 'node:events'
import { createServer, get } from 'node:http'
import type { ServerResponse } from 'node:http'
import { afterEach, expect, test } from '@jest/globals'
import { EventStream } from '@frontrow/service-host/event-stream'
import { createLogger } from '@frontrow/service-host/logger'
import { eventually } from '@frontrow/test-kit/eventually'
import { Registry } from 'prom-client'
import { createEvents } from '../src/events.ts'
import { SeatChannels } from '../src/seat-channels.ts'
import { SeatMaps } from '../src/seat-maps.ts'

const logger = createLogger({ service: 'catalog-test', level: 'silent' })
const cleanups: (() => void)[] = []

afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup()
})

/** A request that has arrived; its client reads nothing, and can leave. */
async function openRequest(): Promise<{ response: ServerResponse; leave: () => Promise<void> }> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('no port')
  const arrived = new Promise<ServerResponse>((resolve) => {
    server.once('request', (_request, response) => resolve(response))
  })
  const client = get({ host: '127.0.0.1', port: address.port }, (answer) => {
    answer.on('error', () => undefined)
    answer.pause()
  })
  client.on('error', () => undefined)
  cleanups.push(() => {
    client.destroy()
    server.closeAllConnections()
    server.close()
  })
  const response = await arrived
  const leave = async (): Promise<void> => {
    const closed = once(response, 'close')
    client.destroy()
    await closed
  }
  return { response, leave }
}

/** Channels over two free seats. */
function openChannels(): { channels: SeatChannels; seen: { streams: number; dropped: number } } {
  const seen = { streams: 0, dropped: 0 }
  const seat = { seatNumber: 1, section: 'A', row: '1', grade: 'R', price: 1 }
  const channels = new SeatChannels({
    seatMaps: new SeatMaps({
      readLayout: async () => [
        { ...seat, seatId: 1 },
        { ...seat, seatId: 2 },
      ],
      listTaken: async () => ({ heldSeatIds: [], soldSeatIds: [], blockedSeatIds: [] }),
      readSeatCount: async () => 2,
      refreshMs: 10,
    }),
    events: {
      ...createEvents(new Registry(), logger),
      streams: (open) => {
        seen.streams = open
      },
      slowReaderDropped: () => {
        seen.dropped += 1
      },
    },
    logger,
    everyMs: 10,
    readersMax: 1,
  })
  cleanups.push(() => channels.stop())
  return { channels, seen }
}

test('a reader who left before the stream could open is not kept', async () => {
  const { response, leave } = await openRequest()
  const { channels, seen } = openChannels()
  await leave()
  await channels.join(1, undefined, () => new EventStream(response))
  expect(seen.streams).toBe(0)
  // The only place for a reader (`readersMax`) is free for the next one.
  const next = await openRequest()
  await channels.join(1, undefined, () => new EventStream(next.response))
  expect(seen.streams).toBe(1)
  await next.leave()
  await eventually(() => expect(seen.streams).toBe(0))
})

test('a reader who takes nothing any more is forgotten when the stream ends', async () => {
  const { response } = await openRequest()
  const { channels, seen } = openChannels()
  const stream = new EventStream(response)
  await channels.join(1, undefined, () => stream)
  expect(seen.streams).toBe(1)
  // This is more than the buffers of the kernel take, so the answer can not end.
  response.write('x'.repeat(20_000_000))
  stream.end()
  expect(seen.streams).toBe(0)
  expect(response.writableFinished).toBe(false)
})

test('a reader who is cut off is forgotten at once', async () => {
  const { response } = await openRequest()
  const { channels, seen } = openChannels()
  await channels.join(1, undefined, () => {
    const stream = new EventStream(response)
    stream.send('x'.repeat(20_000_000))
    return stream
  })
  expect(seen).toEqual({ streams: 0, dropped: 1 })
})
