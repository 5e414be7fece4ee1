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

  test.each([
    ['a wait that is over', answer(429, no('RATE_LIMITED'), { 'retry-after': '-5' }), 0],
    ['a 502 of the gateway', answer(502, no('UNAVAILABLE')), 1_000],
  ])('%s is asked again', (_name, wire, retryAfterMs) => {
    const mayHaveTakenEffect = wire.status === 502
    expect(readAnswer(wire, { schema })).toMatchObject({ kind: 'again', retryAfterMs, mayHaveTakenEffect })
  })

  test.each([
    ['429 that does not say when to come back', 429, no('RATE_LIMITED')],
    ['a code in small letters', 409, no('seat_taken')],
    ['a code with more in it', 409, no('SEAT TAKEN')],
    ['a code that begins with a digit', 409, no('4SEATS')],
    ['an error with an empty request id', 404, { ...no('X'), error: { ...no('X').error, requestId: '' } }],
    ['an error that calls itself a success', 404, { ...no('X'), success: true }],
    ['a success that calls itself an error', 200, { success: false, data: { seats: 5 } }],
    ['a status below 200', 199, { success: true, data: { seats: 5 } }],
    ['a status that sends elsewhere', 300, { success: true, data: { seats: 5 } }],
    ['nothing where data is due', 204, ''],
  ])('%s is malformed too', (_name, status, body) => {
    expect(readAnswer(answer(status, body), { schema }).kind).toBe('malformed')
  })

  test('what is malformed is told so that it can be found', () => {
    const problemOf = (status: number, body: unknown, headers: Record<string, string> = {}) =>
      readAnswer(answer(status, body, headers), { schema })
    const malformed = (problem: string) => ({ kind: 'malformed', problem })
    expect(problemOf(302, '')).toEqual(malformed('status 302'))
    expect(problemOf(304, '')).toEqual(malformed('304 to a request that could not be answered so'))
    expect(problemOf(200, `<html>${'x'.repeat(100)}`)).toEqual(
      malformed(`status 200 without {"success":true,"data":…}: "<html>${'x'.repeat(74)}"`),
    )
    expect(problemOf(500, '<html>')).toEqual(malformed('status 500 without the failure shape: "<html>"'))
    expect(problemOf(503, no('UNAVAILABLE'))).toEqual(malformed('503 UNAVAILABLE without Retry-After'))
    expect(problemOf(200, { success: true, data: { seats: 'five' } })).toEqual(
      malformed('data.seats: Invalid input: expected number, received string'),
    )
    const nested = z.object({ seats: z.array(z.object({ seatId: z.number() })) })
    const wrong = answer(200, { success: true, data: { seats: [{ seatId: 'one' }] } })
    expect(readAnswer(wrong, { schema: nested })).toMatchObject({
      problem: expect.stringMatching(/^data\.seats\.0\.seatId: /),
    })
    expect(problemOf(200, { success: true, data: 5 })).toEqual(
      malformed('data.: Invalid input: expected object, received number'),
    )
  })

  test.each([
    [500, 'INTERNAL'],
    [501, 'NOT_SUPPORTED'],
    [505, 'NOT_SUPPORTED'],
    [400, 'INVALID_REQUEST2'],
  ])('%i %s is a last word', (status, code) => {
    expect(readAnswer(answer(status, no(code)), { schema })).toEqual({
      kind: 'refused',
      refusal: { status, code, message: 'no', details: null, requestId: 'r-1' },
    })
  })

  test('what is asked again later is told with its refusal', () => {
    expect(readAnswer(answer(429, no('RATE_LIMITED'), { 'retry-after': '30' }), { schema })).toEqual({
      kind: 'again',
      refusal: { status: 429, code: 'RATE_LIMITED', message: 'no', details: null, requestId: 'r-1' },
      retryAfterMs: 30_000,
      mayHaveTakenEffect: false,
    })
  })

  test('a tag that nobody remembers changes nothing', () => {
    const tagged = answer(200, { success: true, data: { seats: 5 } }, { etag: '"1"' })
    expect(readAnswer(tagged, { schema })).toEqual({ kind: 'ok', data: { seats: 5 } })
    expect(readAnswer(answer(304, ''), { schema, ifNoneMatch: '"1"' }).kind).toBe('malformed')
    const never = (): never => {
      throw new Error('asked without a tag')
    }
    expect(readAnswer(answer(200, '{}'), { schema, reuse: never }).kind).toBe('malformed')
    expect(readAnswer(answer(304, ''), { schema, reuse: never }).kind).toBe('malformed')
  })

  test('a body known by its ETag is not read again', () => {
    const reuse = (etag: string) => (etag === '"1"' ? { seats: 7 } : undefined)
    const known = { kind: 'ok', data: { seats: 7 } }
    expect(readAnswer(answer(200, 'not even JSON', { etag: '"1"' }), { schema, reuse })).toEqual(known)
    expect(readAnswer(answer(304, ''), { schema, reuse, ifNoneMatch: '"1"' })).toEqual(known)
    expect(readAnswer(answer(200, '{}', { etag: '"2"' }), { schema, reuse }).kind).toBe('malformed')
  })
})
