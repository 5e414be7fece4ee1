import { describe, expect, test } from '@jest/globals'
import type { Answer } from './api-client.ts'
import { compareAnswers } from './compare-answers.ts'

interface Data {
  id: string
  at: string
}
const facts = { sentAt: 0, answeredAt: 1, triedBefore: false }
const ok = (status: number, data: Data): Answer<Data> => ({
  kind: 'ok',
  status,
  data,
  etag: undefined,
  ...facts,
})
const no = (code: string): Answer<Data> => ({
  kind: 'refused',
  refusal: { status: 402, code, message: '', details: null, requestId: 'r' },
  ...facts,
})
const compare = (first: Answer<Data>, second: Answer<Data>) =>
  compareAnswers(first, second, (data) => data.id)
const a = { id: 'a', at: '10:00' }

describe('compareAnswers', () => {
  test('the same answer is the same, a refusal by its code', () => {
    expect(compare(ok(201, a), ok(201, { ...a }))).toBeUndefined()
    expect(compare(no('CARD_DECLINED'), no('CARD_DECLINED'))).toBeUndefined()
  })

  test('an open payment may settle in between', () => {
    expect(compare(ok(202, a), ok(201, { ...a, at: '10:01' }))).toBeUndefined()
    expect(compare(ok(202, a), no('CARD_DECLINED'))).toBeUndefined()
  })

  test.each([
    ['two effects', ok(201, a), ok(201, { id: 'b', at: '10:00' })],
    ['two effects, one still open', ok(202, a), ok(202, { id: 'b', at: '10:00' })],
    ['another detail', ok(201, a), ok(201, { ...a, at: '10:01' })],
    ['success, then a refusal', ok(201, a), no('ALREADY_PAID')],
    ['another refusal', no('CARD_DECLINED'), no('ALREADY_PAID')],
    ['a refusal, then success', no('ALREADY_PAID'), ok(201, a)],
    ['another status', ok(201, a), ok(200, { ...a })],
  ])('%s is told', (_name, first, second) => {
    expect(compare(first, second)).toEqual(expect.any(String))
  })

  test('a refusal that stands for an open payment is none', () => {
    expect(compare(no('CARD_DECLINED'), ok(202, a))).toBeUndefined()
  })

  test('what differs is told in full', () => {
    expect(compare(ok(201, a), no('ALREADY_PAID'))).toBe('201, then 402 ALREADY_PAID')
    expect(compare(no('CARD_DECLINED'), no('ALREADY_PAID'))).toBe('402 CARD_DECLINED, then 402 ALREADY_PAID')
    expect(compare(ok(201, a), ok(201, { ...a, id: 'b' }))).toBe('two effects: a and b')
    expect(compare(ok(201, a), ok(201, { ...a, at: '10:01' }))).toBe(
      '{"id":"a","at":"10:00"}, then {"id":"a","at":"10:01"}',
    )
  })
})
