import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { LoadProcess } from './load-process.ts'

let port = 0
let load: LoadProcess
const asked: string[] = []
const server = createServer((request, response) => {
  asked.push(request.url ?? '')
  if (request.url === '/close') response.setHeader('Connection', 'close')
  if (request.url === '/reset') request.socket.destroy()
  response.statusCode = request.url === '/busy' ? 503 : 200
  response.end(`you asked for ${request.url}`)
})

beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  port = typeof address === 'object' && address !== null ? address.port : 0
  load = new LoadProcess()
})

afterAll(async () => {
  await load.stop()
  server.closeAllConnections()
  server.close()
})

const job = (
  paths: readonly string[],
  change: { repeat?: boolean; forMs?: number; connections?: number } = {},
) => ({
  port,
  connections: 2,
  forMs: 5_000,
  requests: paths.map((path) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`),
  repeat: false,
  keepBodies: true,
  ...change,
})

test('each request of a list is sent once, also over connections that the server closes', async () => {
  asked.length = 0
  const paths = ['/1', '/close', '/2', '/close', '/3', '/4', '/5']
  const { answered, bodies, latenciesMs } = await load.runClean(job(paths))
  expect(answered).toBe(paths.length)
  expect(asked.toSorted()).toEqual(paths.toSorted())
  expect(bodies).toEqual(paths.map((path) => `you asked for ${path}`))
  expect(latenciesMs).toHaveLength(paths.length)
  expect(Math.min(...latenciesMs)).toBeGreaterThan(0)
})

test('a repeated list ends with its time', async () => {
  const { answered, elapsedMs } = await load.runClean(job(['/again'], { repeat: true, forMs: 200 }))
  expect(answered).toBeGreaterThan(1)
  expect(elapsedMs).toBeGreaterThan(100)
})

test('another status can be the expected one', async () => {
  expect(await load.runClean({ ...job(['/busy', '/busy']), expectedStatus: 503 })).toMatchObject({
    answered: 2,
  })
})

test('answers other than 200 and broken connections are counted, and no clean run', async () => {
  const list = job(['/1', '/busy', '/reset', '/busy', '/2'], { connections: 1 })
  expect(await load.run(list)).toMatchObject({ answered: 2, failures: { '503': 1 } })
  await expect(load.runClean(list)).rejects.toThrow('1 × 503')
})
