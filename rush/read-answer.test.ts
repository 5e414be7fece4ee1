import { describe, expect, test } from '@jest/globals'
import { z } from 'zod'
import { readAnswer } from './read-answer.ts'

const schema = z.object({ seats: z.number() })
const answer = (status: number, body: unknown, headers: Record<string, string> = {}) => ({
  status,
  headers,
  text: typeof body === 'string' ? body : JSON.stringify(body),
})
const no = (code: string) => ({
  success: false,
  error: { code, message: 'no', details: null, requestId: 'r-1' },
})

describe('readAnswer', () => {
  test('reads data out of its envelope', () => {
    expect(readAnswer(answer(200, { success: true, data: { seats: 5 } }), { schema })).toEqual({
      kind: 'ok',
      data: { seats: 5 },
    })
    expect(readAnswer(answer(204, ''), { schema: z.undefined() })).toEqual({ kind: 'ok', data: undefined })
  })

  test.each([
    ['a page of HTML', answer(200, '<html>')],
    ['data without the envelope', answer(200, { seats: 5 })],
    ['data that breaks the contract', answer(200, { success: true, data: { seats: 'five' } })],
    ['an error page', answer(502, '<html><h1>502 Bad Gateway</h1>')],
    [
      'an error without a request id',
      answer(404, { success: false, error: { code: 'NOT_FOUND', message: '' } }),
    ],
    ['503 that does not say when to come back', answer(503, no('UNAVAILABLE'))],
    ['a redirect', answer(302, '')],
    ['304 that was not asked for', answer(304, '')],
  ])('%s is malformed', (_name, wire) => {
    expect(readAnswer(wire, { schema }).kind).toBe('malformed')
  })

  test('a refusal keeps its code', () => {
    expect(readAnswer(answer(409, no('SEAT_TAKEN')), { schema })).toMatchObject({
      kind: 'refused',
      refusal: { status: 409, code: 'SEAT_TAKEN', requestId: 'r-1' },
    })
    expect(readAnswer(answer(500, no('INTERNAL')), { schema }).kind).toBe('refused')
  })

  test.each([
    [answer(429, no('RATE_LIMITED'), { 'retry-after': '2' }), 2_000, false],
    [answer(503, no('UNAVAILABLE'), { 'retry-after': '1' }), 1_000, true],
    [answer(503, no('UNAVAILABLE'), { 'retry-after': '86400' }), 30_000, true],
    [answer(503, no('UNAVAILABLE'), { 'retry-after': 'soon' }), 1_000, true],
    [answer(504, no('TIMEOUT')), 1_000, true],
    [answer(409, no('IDEMPOTENCY_IN_PROGRESS')), 1_000, false],
  ])('%j asks for patience', (wire, retryAfterMs, mayHaveTakenEffect) => {
    expect(readAnswer(wire, { schema })).toMatchObject({ kind: 'again', retryAfterMs, mayHaveTakenEffect })
  })

  test('a body known by its ETag is not read again', () => {
    const reuse = (etag: string) => (etag === '"1"' ? { seats: 7 } : undefined)
    const known = { kind: 'ok', data: { seats: 7 } }
    expect(readAnswer(answer(200, 'not even JSON', { etag: '"1"' }), { schema, reuse })).toEqual(known)
    expect(readAnswer(answer(304, ''), { schema, reuse, ifNoneMatch: '"1"' })).toEqual(known)
    expect(readAnswer(answer(200, '{}', { etag: '"2"' }), { schema, reuse }).kind).toBe('malformed')
  })
})
