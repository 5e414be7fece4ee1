import { createRequire } from 'node:module'
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { patchIdleBusyLoop } from './kafka.ts'

/** The part of kafkajs's request queue that the patch touches. */
interface RequestQueue {
  pending: object[]
  throttledUntil: number
  scheduleCheckPendingRequests(): void
  checkPendingRequests(): void
  canSendSocketRequestImmediately(): boolean
  sendSocketRequest(request: object): void
  destroy(): void
}

const Queue: new (options: object) => RequestQueue = createRequire(import.meta.url)(
  'kafkajs/src/network/requestQueue',
)

const createQueue = (): RequestQueue =>
  new Queue({
    maxInFlightRequests: 1,
    requestTimeout: 1_000,
    enforceRequestTimeout: false,
    clientId: 'test',
    broker: 'test',
    logger: { debug: () => {}, warn: () => {} },
  })

beforeEach(() => {
  jest.useFakeTimers()
})

afterEach(() => {
  jest.useRealTimers()
})

describe('the patched request queue of kafkajs', () => {
  patchIdleBusyLoop()

  test('schedules nothing while nothing is pending', () => {
    const queue = createQueue()
    queue.checkPendingRequests()
    queue.scheduleCheckPendingRequests()
    expect(jest.getTimerCount()).toBe(0)
  })

  test('looks again when the throttling ends, sends what was pending, and is idle after that', () => {
    const queue = createQueue()
    const sent: object[] = []
    queue.sendSocketRequest = (request) => sent.push(request)
    queue.throttledUntil = Date.now() + 500
    queue.pending.push({ correlationId: 1 }, { correlationId: 2 })
    queue.scheduleCheckPendingRequests()
    queue.scheduleCheckPendingRequests()
    expect(jest.getTimerCount()).toBe(1)
    jest.advanceTimersByTime(499)
    expect(sent).toEqual([])
    jest.advanceTimersByTime(11)
    expect(sent).toEqual([{ correlationId: 1 }, { correlationId: 2 }])
    expect(jest.getTimerCount()).toBe(0)
  })

  test('leaves no timer behind when it is destroyed', () => {
    const queue = createQueue()
    queue.throttledUntil = Date.now() + 60_000
    queue.pending.push({ correlationId: 1 })
    queue.scheduleCheckPendingRequests()
    queue.destroy()
    expect(jest.getTimerCount()).toBe(0)
  })
})
