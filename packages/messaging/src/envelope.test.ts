import { describe, expect, test } from '@jest/globals'
import { readEnvelope, toHeaders, UnreadableMessageError } from './envelope.ts'

const message = {
  id: '0190a5d5-1f64-7cc3-98c4-dc0c0c07398f',
  type: 'WalletDebited',
  source: 'frontrow/wallet',
  time: new Date('2026-11-21T12:00:00.123Z'),
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  requestId: 'r-1',
}
const asBytes = (headers: Record<string, string>) =>
  Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)]))

function read(change: {
  headers?: Record<string, string | Buffer | (string | Buffer)[] | undefined>
  key?: Buffer | null
  value?: Buffer | null
}) {
  return readEnvelope('frontrow.wallet.events', {
    key: change.key === undefined ? Buffer.from('saga-1') : change.key,
    value: change.value === undefined ? Buffer.from('{"amount":700,"who":"김"}') : change.value,
    headers: { ...asBytes(toHeaders(message)), ...change.headers },
  })
}

describe('a message', () => {
  test('is read as it was written', () => {
    expect(read({})).toEqual({
      ...message,
      key: 'saga-1',
      topic: 'frontrow.wallet.events',
      value: { amount: 700, who: '김' },
    })
  })

  test('carries the attributes of CloudEvents 1.0 in binary mode', () => {
    expect(toHeaders(message)).toEqual({
      ce_specversion: '1.0',
      ce_id: message.id,
      ce_type: 'WalletDebited',
      ce_source: 'frontrow/wallet',
      ce_time: '2026-11-21T12:00:00.123Z',
      'content-type': 'application/json',
      traceparent: message.traceparent,
      requestid: 'r-1',
    })
  })

  test('that nobody traced and no request led to names neither', () => {
    const headers = toHeaders({ ...message, traceparent: null, requestId: null })
    expect(Object.keys(headers)).not.toEqual(expect.arrayContaining(['traceparent']))
    expect(Object.keys(headers)).not.toEqual(expect.arrayContaining(['requestid']))
    const envelope = readEnvelope('t', { key: null, value: Buffer.from('1'), headers: asBytes(headers) })
    expect(envelope).toMatchObject({ key: '', value: 1 })
    expect([envelope.traceparent, envelope.requestId]).toEqual([undefined, undefined])
  })

  test('of another publisher may lack a source, and its headers may be text or repeat', () => {
    expect(read({ headers: { ce_source: undefined } }).source).toBe('')
    expect(read({ headers: { ce_type: 'Other' } }).type).toBe('Other')
    expect(read({ headers: { ce_type: [Buffer.from('First'), Buffer.from('Second')] } }).type).toBe('First')
    expect(read({ headers: { ce_id: message.id.toUpperCase() } }).id).toBe(message.id)
  })
})

describe('a message that can not be read says why', () => {
  test.each<[string, Parameters<typeof read>[0]]>([
    ['header ce_id is not a UUID', { headers: { ce_id: undefined } }],
    ['header ce_id is not a UUID', { headers: { ce_id: `x${message.id}` } }],
    ['header ce_id is not a UUID', { headers: { ce_id: `${message.id}0` } }],
    ['header ce_id is not a UUID', { headers: { ce_id: message.id.replaceAll('-', '') } }],
    ['header ce_type is missing', { headers: { ce_type: undefined } }],
    ['header ce_type is missing', { headers: { ce_type: '' } }],
    ['the message has no value', { value: null }],
    ['header ce_time is not a time', { headers: { ce_time: undefined } }],
    ['header ce_time is not a time', { headers: { ce_time: 'yesterday' } }],
    ['the value is not JSON', { value: Buffer.from('{') }],
    ['the value is not JSON', { value: Buffer.alloc(0) }],
  ])('%s: %#', (text, change) => {
    expect(() => read(change)).toThrow(UnreadableMessageError)
    expect(() => read(change)).toThrow(
      expect.objectContaining({ name: 'UnreadableMessageError', message: text }),
    )
  })

  test('with what the JSON parser said', () => {
    expect(() => read({ value: Buffer.from('{') })).toThrow(
      expect.objectContaining({ cause: expect.any(SyntaxError) }),
    )
  })

  test('also where it has no headers at all', () => {
    expect(() => readEnvelope('t', { key: null, value: Buffer.from('1') })).toThrow(UnreadableMessageError)
  })
})
