import { describe, expect, test } from '@jest/globals'
import { z } from 'zod'
import { ApiClient, NoAnswer } from './api-client.ts'
import type { Call } from './api-client.ts'
import { TransportError } from './http-exchange.ts'
import type { WireAnswer, WireRequest } from './http-exchange.ts'
import { Measurements } from './measurements.ts'
import { PausesEnded, Pauses } from './pauses.ts'

type Scripted = TransportError | (Omit<WireAnswer, 'headers'> & { headers?: Record<string, string> })

function clientOf(script: readonly Scripted[]) {
  const sent: WireRequest[] = []
  const measurements = new Measurements()
  const shopping = new Pauses()
  const api = new ApiClient({
    exchange: {
      send: (request) => {
        const next = script[Math.min(sent.length, script.length - 1)]
        sent.push(request)
        if (next === undefined || next instanceof TransportError) {
          return Promise.reject(next ?? new TransportError('NOTHING_LEFT'))
        }
        const echo = { 'x-request-id': request.headers['X-Request-Id'] ?? '' }
        return Promise.resolve({ ...next, headers: { ...echo, ...next.headers } })
      },
      close: () => undefined,
    },
    measurements,
    shopping,
    settling: new Pauses(),
    idPrefix: 'rush-t',
  })
  return { api, sent, measurements, shopping }
}

const call: Call<{ ok: boolean }> = {
  step: 'pay',
  method: 'POST',
  path: '/payments',
  bearer: 'jwt',
  queueToken: 'place',
  idempotencyKey: 'key-1',
  body: { reservationId: 'r' },
  schema: z.object({ ok: z.boolean() }),
}
const yes = { status: 201, text: JSON.stringify({ success: true, data: { ok: true } }) }
const no = (status: number, code: string, headers: Record<string, string> = {}) => ({
  status,
  headers,
  text: JSON.stringify({ success: false, error: { code, message: 'm', details: null, requestId: 'r' } }),
})

describe('ApiClient', () => {
  test('sends who asks, the place, the key and the body', async () => {
    const { api, sent, measurements } = clientOf([yes])
    expect(await api.call(call)).toMatchObject({
      kind: 'ok',
      status: 201,
      data: { ok: true },
      triedBefore: false,
    })
    expect(sent[0]).toMatchObject({ method: 'POST', path: '/api/v1/payments', body: '{"reservationId":"r"}' })
    expect(sent[0]?.headers).toMatchObject({
      Authorization: 'Bearer jwt',
      'Queue-Token': 'place',
      'Idempotency-Key': 'key-1',
      'Content-Length': '21',
    })
    expect(measurements.latencies.get('pay')).toHaveLength(1)
  })

  test('counts apart who had no answer: not who is told that there is too much to do, nor a write whose instance was lost', async () => {
    const again = { 'retry-after': '0' }
    const busy = {
      success: false,
      error: { code: 'UNAVAILABLE', message: '', details: null, requestId: 'r' },
    }
    busy.error.message = 'too much to do right now; nothing was done for this request'
    const script = [
      no(429, 'RATE_LIMITED', again),
      { status: 503, headers: again, text: JSON.stringify(busy) },
      no(503, 'UNAVAILABLE', again),
      no(504, 'TIMEOUT'),
      new TransportError('ECONNRESET'),
      yes,
    ]
    const writer = clientOf(script)
    await writer.api.call(call)
    expect([...writer.measurements.unanswered.write]).toEqual([
      ['pay 504 TIMEOUT', 1],
      ['pay ECONNRESET', 1],
    ])
    const reader = clientOf(script)
    await reader.api.call({ ...call, method: 'GET', body: undefined })
    expect([...reader.measurements.unanswered.read.keys()]).toContain('pay 503 UNAVAILABLE')
    expect([writer.measurements.tries.write, reader.measurements.tries.read]).toEqual([6, 6])
  }, 20_000)

  test('tries again with the same key when told to, and says that it may have taken effect', async () => {
    const { api, sent, measurements } = clientOf([
      no(503, 'UNAVAILABLE', { 'retry-after': '0' }),
      new TransportError('ECONNRESET'),
      yes,
    ])
    expect(await api.call(call)).toMatchObject({ kind: 'ok', triedBefore: true })
    expect(sent.map(({ headers }) => headers['Idempotency-Key'])).toEqual(['key-1', 'key-1', 'key-1'])
    expect(new Set(sent.map(({ headers }) => headers['X-Request-Id'])).size).toBe(3)
    expect([...measurements.interruptions]).toEqual([
      ['pay 503 UNAVAILABLE', 1],
      ['pay ECONNRESET', 1],
    ])
    expect(measurements.unexpectedCount).toBe(0)
  })

  test('has no endless patience', async () => {
    const { api, sent, measurements } = clientOf([no(429, 'RATE_LIMITED', { 'retry-after': '0' })])
    await expect(api.call(call)).rejects.toThrow(NoAnswer)
    expect(sent).toHaveLength(60)
    expect(measurements.unexpected).toMatchObject([{ step: 'pay', code: 'RATE_LIMITED' }])
  })

  test('a refusal is the last word', async () => {
    const { api, sent } = clientOf([no(402, 'CARD_DECLINED'), yes])
    expect(await api.call(call)).toMatchObject({ kind: 'refused', refusal: { code: 'CARD_DECLINED' } })
    expect(sent).toHaveLength(1)
  })

  test('an answer to another request is not taken', async () => {
    const { api, measurements } = clientOf([{ ...yes, headers: { 'x-request-id': 'rush-t-999' } }])
    await expect(api.call(call)).rejects.toThrow(NoAnswer)
    expect(measurements.unexpected[0]).toMatchObject({ code: 'MALFORMED', requestId: 'rush-t-1' })
  })

  test('a closed shop is not asked again, but payments are seen through', async () => {
    const { api, shopping } = clientOf([no(503, 'UNAVAILABLE', { 'retry-after': '0' }), yes])
    shopping.end()
    await expect(api.call({ ...call, step: 'hold' })).rejects.toThrow(PausesEnded)
    expect(await api.call(call)).toMatchObject({ kind: 'ok' })
  })
})
