import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from '@jest/globals'
import { SetupProblem } from '@frontrow/local-stack/setup-problem'
import { ApiClient } from './api-client.ts'
import { DemoRoom } from './demo-room.ts'
import { TransportError } from './http-exchange.ts'
import type { HttpExchange } from './http-exchange.ts'
import { Measurements } from './measurements.ts'
import { Pauses } from './pauses.ts'

const folders: string[] = []
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true })
})

const BEFORE = { maxActive: 100, admitPerSecond: 20 }
const DEMO = { maxActive: 300, admitPerSecond: 10 }

/** One waiting room over the API, and demos that use the same folder. */
function system() {
  const state = { room: { ...BEFORE, paused: false }, isAway: false }
  const exchange: HttpExchange = {
    send: async ({ method, headers, body }) => {
      if (method === 'PATCH') {
        if (state.isAway) throw new TransportError('ECONNREFUSED')
        Object.assign(state.room, JSON.parse(body ?? '{}'))
      }
      const text = JSON.stringify({ success: true, data: state.room })
      return { status: 200, headers: { 'x-request-id': headers['X-Request-Id'] ?? '' }, text }
    },
    close: () => {},
  }
  const folder = mkdtempSync(join(tmpdir(), 'frontrow-demo-room-'))
  folders.push(folder)
  const pauses = new Pauses()
  const parts = { exchange, measurements: new Measurements(), shopping: pauses, settling: pauses }
  const api = new ApiClient({ ...parts, idPrefix: 'demo-t' })
  const demo = () => new DemoRoom({ folder, url: 'http://a', scheduleId: 1, admin: 'admin' })
  const kill = () => rmSync(join(folder, 'demo.process'))
  return { state, api, demo, folder, pauses, kill }
}

test('a demo puts the limits back, and one that was killed leaves that to the next', async () => {
  const { state, api, demo, kill } = system()
  const first = demo()
  expect(await first.take(api, DEMO)).toEqual(BEFORE)
  expect(state.room).toMatchObject(DEMO)
  expect(await first.giveBack(api, BEFORE)).toBe(true)
  expect(state.room).toMatchObject(BEFORE)
  await demo().take(api, DEMO)
  kill()
  expect(await demo().take(api, { ...DEMO, admitPerSecond: 5 })).toEqual(BEFORE)
})

test('what somebody sets during a demo, or after one that was killed, stays', async () => {
  const { state, api, demo, kill } = system()
  const [first, chosen] = [demo(), { maxActive: 7, admitPerSecond: 3 }]
  await first.take(api, DEMO)
  Object.assign(state.room, chosen)
  expect(await first.giveBack(api, BEFORE)).toBe(false)
  expect(state.room).toMatchObject(chosen)
  Object.assign(state.room, BEFORE)
  await demo().take(api, DEMO)
  kill()
  Object.assign(state.room, chosen)
  expect(await demo().take(api, DEMO)).toEqual(chosen)
})

test('a demo whose limits get no answer says so, and is no process that npm start would end', async () => {
  const { state, api, demo, folder, pauses } = system()
  state.isAway = true
  const taken = demo().take(api, DEMO)
  setImmediate(() => pauses.end())
  await expect(taken).rejects.toThrow(SetupProblem)
  expect(existsSync(join(folder, 'demo.process'))).toBe(false)
  expect(existsSync(join(folder, 'demo.pid'))).toBe(false)
})
