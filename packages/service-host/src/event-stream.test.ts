import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { afterEach, describe, expect, jest, test } from '@jest/globals'
import { EventStream, EventStreams, formatEvent } from './event-stream.ts'
import type { EventStreamOptions } from './event-stream.ts'

afterEach(() => {
  jest.restoreAllMocks()
})

/** A stream on an answer without a connection, which keeps all that is written. */
function opened(options: EventStreamOptions = {}) {
  const response = new ServerResponse(new IncomingMessage(new Socket()))
  const written: unknown[] = []
  jest.spyOn(response, 'write').mockImplementation((text) => written.push(text) > 0)
  jest.spyOn(response, 'end').mockImplementation((text) => {
    written.push(text)
    return response
  })
  return { response, written, stream: new EventStream(response, options) }
}

describe('an event', () => {
  test('is an event line and one line of data', () => {
    expect(formatEvent('room', { text: 'a\nb' })).toBe('event: room\ndata: {"text":"a\\nb"}\n\n')
  })

  test('has its id between them', () => {
    expect(formatEvent('room', { text: 'a\nb' }, 'WAITING-7-1234-120-1')).toBe(
      'event: room\nid: WAITING-7-1234-120-1\ndata: {"text":"a\\nb"}\n\n',
    )
  })
})

describe('a stream', () => {
  test('tells its reader first when to connect again', () => {
    const { stream, written } = opened({ retryMs: 2_000 })
    stream.send('text')
    expect(written).toEqual(['retry: 2000\n\n', 'text'])
  })

  test('beats as often as told', () => {
    const { stream, written } = opened({ heartbeatMs: 15_000, nowMs: 1_000 })
    expect([15_999, 16_000, 17_000].map((nowMs) => stream.isBeatDue(nowMs))).toEqual([false, true, true])
    stream.beat(17_000)
    expect([31_999, 32_000].map((nowMs) => stream.isBeatDue(nowMs))).toEqual([false, true])
    expect(written).toEqual([': still here\n\n'])
  })

  test('sends nothing after its end, and tells of it once', () => {
    const { stream, response, written } = opened()
    const told = jest.fn()
    stream.onClose(told)
    stream.end('last')
    expect([stream.send('more'), stream.beat(0), stream.isClosed]).toEqual([false, false, true])
    stream.end('more')
    response.emit('close')
    expect(written).toEqual(['last'])
    expect(told).toHaveBeenCalledTimes(1)
  })

  test('gives its reader 10 s to take what is left', () => {
    const { stream, response } = opened()
    const timer = jest.spyOn(response, 'setTimeout')
    stream.end()
    expect(timer).toHaveBeenCalledWith(10_000, expect.any(Function))
    timer.mock.calls[0]?.[1]?.()
    expect(response.destroyed).toBe(true)
  })

  test('cuts its reader off at the next event when too much is unread, and not before', () => {
    // Nobody reads: all that is written stays in the answer.
    const response = new ServerResponse(new IncomingMessage(new Socket()))
    const stream = new EventStream(response, { unreadMaxBytes: 2_000 })
    const told = jest.fn()
    stream.onClose(told)
    const text = 'x'.repeat(1_000)
    expect([stream.send(text), stream.send(text), response.destroyed]).toEqual([true, true, false])
    expect(response.writableLength).toBeGreaterThan(2_000)
    expect([stream.send(text), response.destroyed]).toEqual([false, true])
    expect(told).toHaveBeenCalledTimes(1)
  })

  test('whose reader has gone already is closed, tells so at once, and sends nothing', () => {
    const response = new ServerResponse(new IncomingMessage(new Socket()))
    response.destroy()
    const write = jest.spyOn(response, 'write')
    const stream = new EventStream(response, { retryMs: 2_000 })
    const told = jest.fn()
    stream.onClose(told)
    expect([stream.isClosed, stream.send('text')]).toEqual([true, false])
    expect(told).toHaveBeenCalledTimes(1)
    expect(write).not.toHaveBeenCalled()
  })
})

describe('the streams of a process', () => {
  function upTo(max: number) {
    const counts: number[] = []
    return { counts, streams: new EventStreams({ max, onCount: (open) => counts.push(open) }) }
  }

  test('are no more than may, those being opened included; one that closes makes room', async () => {
    const { streams, counts } = upTo(2)
    const first = opened()
    const preparing = Promise.withResolvers<void>()
    await streams.open(
      async () => undefined,
      () => first.stream,
    )
    const second = streams.open(
      () => preparing.promise,
      () => opened().stream,
    )
    const third = streams.open(
      async () => undefined,
      () => opened().stream,
    )
    await expect(third).rejects.toMatchObject({ code: 'UNAVAILABLE', retryAfterSeconds: 5 })
    preparing.resolve()
    await second
    first.stream.end()
    await streams.open(
      async () => undefined,
      () => opened().stream,
    )
    expect(counts).toEqual([1, 2, 1, 2])
  })

  test('of one person are no more than may, others open theirs, and one that closes makes room', async () => {
    const streams = new EventStreams({ max: 9, maxOfPerson: 2, onCount: () => {} })
    const open = async (person: string) => {
      const { stream } = opened()
      await streams.open(
        async () => undefined,
        () => stream,
        person,
      )
      return stream
    }
    const first = await open('ann')
    await open('ann')
    await expect(open('ann')).rejects.toMatchObject({ code: 'RATE_LIMITED', retryAfterSeconds: 5 })
    await open('bob')
    first.end()
    await open('ann')
    await expect(open('ann')).rejects.toMatchObject({ code: 'RATE_LIMITED' })
  })

  test('one that could not be prepared leaves its room to others', async () => {
    const { streams, counts } = upTo(1)
    const broken = streams.open(
      async () => {
        throw new Error('no answer')
      },
      () => opened().stream,
    )
    await expect(broken).rejects.toThrow('no answer')
    await streams.open(
      async () => undefined,
      () => opened().stream,
    )
    expect(counts).toEqual([1])
  })

  test('all end at the stop, and none is opened after it', async () => {
    const { streams, counts } = upTo(3)
    const [first, second] = [opened(), opened()]
    for (const { stream } of [first, second])
      await streams.open(
        async () => undefined,
        () => stream,
      )
    const preparing = Promise.withResolvers<void>()
    const start = jest.fn(() => opened().stream)
    const late = streams.open(() => preparing.promise, start)
    streams.close('bye')
    preparing.resolve()
    await expect(late).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    await expect(streams.open(async () => undefined, start)).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    expect(start).not.toHaveBeenCalled()
    expect([first.written, second.written, counts]).toEqual([['bye'], ['bye'], [1, 2, 1, 0]])
  })
})
