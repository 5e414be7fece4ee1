import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { afterEach, expect, test } from '@jest/globals'
import { listenWidely } from './listen-widely.ts'
import type { WideListening } from './listen-widely.ts'

const HOST = '127.0.0.1'
const TURNS_MAX = 1_000_000
const open: WideListening[] = []

afterEach(async () => {
  await Promise.all(open.splice(0).map((listening) => listening.close()))
})

async function listen(port = 0) {
  const server = createServer((_request, response) => response.end('here'))
  const listening = await listenWidely(server, HOST, port)
  open.push(listening)
  return { server, port: listening.port }
}

test('a turn of the event loop accepts several of the connections that wait', async () => {
  const { server, port } = await listen()
  let [accepted, inTurn, most] = [0, 0, 0]
  server.on('connection', () => {
    accepted += 1
    inTurn += 1
  })
  const failures: Error[] = []
  const clients = Array.from({ length: 200 }, () => {
    const client = connect(port, HOST)
    return client.on('error', (error) => failures.push(error))
  })
  for (let turns = 0; turns < TURNS_MAX && accepted + failures.length < clients.length; turns += 1) {
    await turn()
    most = Math.max(most, inTurn)
    inTurn = 0
  }
  for (const client of clients) client.destroy()
  expect([failures, accepted]).toEqual([[], clients.length])
  // Elsewhere it is one socket.
  expect(most).toBeGreaterThan(process.platform === 'linux' ? 3 : 0)
})

test('every connection is answered, whichever socket took it, and after the end none is taken', async () => {
  const { port } = await listen()
  const url = `http://${HOST}:${port}/`
  const headers = { Connection: 'close' }
  const texts = await Promise.all(
    Array.from({ length: 100 }, async () => (await fetch(url, { headers })).text()),
  )
  expect(new Set(texts)).toEqual(new Set(['here']))
  await open.pop()?.close()
  await expect(fetch(url, { headers })).rejects.toThrow('fetch failed')
})

test('a port that somebody has is taken, also where it is one of ours', async () => {
  const { port } = await listen()
  await expect(listen(port)).rejects.toMatchObject({ code: 'EADDRINUSE' })
})

test('the end waits for what is in work', async () => {
  const server = createServer()
  const listening = await listenWidely(server, HOST, 0)
  const asked = once(server, 'request')
  const answer = fetch(`http://${HOST}:${listening.port}/`, { headers: { Connection: 'close' } })
  const [, response] = await asked
  let isClosed = false
  const closing = listening.close().then(() => (isClosed = true))
  await turn()
  expect(isClosed).toBe(false)
  response.end('done')
  expect(await (await answer).text()).toBe('done')
  await closing
})
