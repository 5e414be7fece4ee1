import { createServer } from 'node:http'
import type { Server } from 'node:http'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { checkSystem } from './system-health.ts'

const servers: Server[] = []
const urls: string[] = []

beforeAll(async () => {
  for (const status of [200, 503]) {
    const server = createServer((_request, response) => response.writeHead(status).end('{}'))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    servers.push(server)
    urls.push(`http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`)
  }
})

afterAll(() => {
  for (const server of servers) server.close()
})

test('the system is ready when every service is', async () => {
  const [ready = '', unready = ''] = urls
  expect(await checkSystem([{ name: 'a', url: ready }])).toEqual({
    status: 200,
    body: { status: 'ready', services: { a: 'ready' } },
  })
  const services = [
    { name: 'a', url: ready },
    { name: 'b', url: unready },
    { name: 'c', url: 'http://127.0.0.1:1' },
  ]
  expect(await checkSystem(services)).toEqual({
    status: 503,
    body: { status: 'not ready', services: { a: 'ready', b: 'not ready', c: 'no answer' } },
  })
})

test('a service of which one instance is frozen, gone or not ready is ready at once, because another one is', async () => {
  const [ready = '', unready = ''] = urls
  const frozen = createServer(() => undefined)
  await new Promise<void>((resolve) => frozen.listen(0, '127.0.0.1', resolve))
  servers.push(frozen)
  const address = frozen.address()
  const frozenUrl = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
  const waiting = new Promise((resolve) => frozen.once('request', resolve))
  const services = [frozenUrl, unready, 'http://127.0.0.1:1', ready].map((url) => ({ name: 'a', url }))
  expect(await checkSystem(services)).toEqual({
    status: 200,
    body: { status: 'ready', services: { a: 'ready' } },
  })
  // The frozen one was asked, and still has not answered: nobody waited for it.
  await waiting
  frozen.closeAllConnections()
})
