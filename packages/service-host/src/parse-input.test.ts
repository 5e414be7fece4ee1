import { describe, expect, test } from '@jest/globals'
import { Refusal } from '@frontrow/refusals/refusal'
import { pathId } from '@frontrow/values/ids'
import { z } from 'zod'
import { parseInput } from './parse-input.ts'
import type { RawInput } from './parse-input.ts'

const route = {
  params: z.object({ scheduleId: pathId }),
  query: z.strictObject({ limit: z.coerce.number().max(100, 'must be at most 100').optional() }),
  headers: z.object({ 'idempotency-key': z.string('must be sent') }),
  body: z.strictObject({
    seatIds: z.array(z.int('must be a whole number')).min(1, 'must name a seat'),
    card: z.strictObject({ token: z.string().min(1) }).optional(),
  }),
}
const good: RawInput = {
  params: { scheduleId: '7' },
  query: { limit: '20' },
  headers: { 'idempotency-key': 'k', host: 'localhost' },
  body: { seatIds: [1, 2] },
}

function refusalOf(change: Partial<RawInput>) {
  try {
    parseInput(route, { ...good, ...change })
  } catch (error) {
    if (error instanceof Refusal) return { code: error.code, message: error.message, details: error.details }
    throw error
  }
  return undefined
}

describe('the input of a route', () => {
  test('comes as its schemas read it, without what they do not name', () => {
    expect(parseInput(route, good)).toEqual({
      params: { scheduleId: 7 },
      query: { limit: 20 },
      headers: { 'idempotency-key': 'k' },
      body: { seatIds: [1, 2] },
    })
  })

  test('a part that the route does not take is not even read', () => {
    const unread: RawInput = {
      params: { scheduleId: '7' },
      get query(): unknown {
        throw new Error('read')
      },
      headers: undefined,
      body: 'junk',
    }
    expect(parseInput({ params: route.params }, unread)).toEqual({ params: { scheduleId: 7 } })
  })

  test('every broken rule of every part is named, the first also in the message', () => {
    const refused = refusalOf({
      params: { scheduleId: '0x7' },
      query: { limit: '101' },
      headers: {},
      body: { seatIds: [1, 'two', 3.5] },
    })
    expect(refused).toEqual({
      code: 'INVALID_REQUEST',
      message: 'scheduleId: must be a whole number from 1 up',
      details: [
        { in: 'path', field: 'scheduleId', rule: 'must be a whole number from 1 up' },
        { in: 'query', field: 'limit', rule: 'must be at most 100' },
        { in: 'header', field: 'idempotency-key', rule: 'must be sent' },
        { in: 'body', field: 'seatIds.1', rule: 'must be a whole number' },
        { in: 'body', field: 'seatIds.2', rule: 'must be a whole number' },
      ],
    })
  })

  test('a field that does not exist is named with the path to it', () => {
    expect(
      refusalOf({ body: { seatIds: [1], seatId: 1, card: { token: 't', cvc: 1, pan: 2 } } })?.details,
    ).toEqual([
      { in: 'body', field: 'card.cvc', rule: 'there is no such field' },
      { in: 'body', field: 'card.pan', rule: 'there is no such field' },
      { in: 'body', field: 'seatId', rule: 'there is no such field' },
    ])
  })

  test('a body that is no object at all is named as the body', () => {
    expect(refusalOf({ body: undefined })?.details).toEqual([
      { in: 'body', field: 'body', rule: expect.any(String) },
    ])
  })

  test('a field of another type is told so once, without the rules about its length', () => {
    expect(refusalOf({ body: { seatIds: [1], card: { token: [] } } })?.details).toEqual([
      { in: 'body', field: 'card.token', rule: expect.stringContaining('expected string') },
    ])
  })

  test('a parameter that is there twice is told so, whatever its schema makes of a list', () => {
    const twice = { query: z.object({ name: z.string().or(z.literal('').transform(() => undefined)) }) }
    expect(() => parseInput(twice, { ...good, query: { name: ['a', 'b'] } })).toThrow(
      'name: must be there once',
    )
  })
})
