import { readQueueToken } from '@frontrow/proto/queue-token'
import { expect, test } from '@jest/globals'

const token = '0190a5d5-1f64-7cc3-98c4-dc0c0c07398f'

test('a queue token is read from the header, else from its cookie', () => {
  expect(readQueueToken({ 'queue-token': ` ${token.toUpperCase()} ` })).toBe(token)
  expect(readQueueToken({ cookie: `a=b; tokenId=${token}; c=d` })).toBe(token)
  expect(readQueueToken({ 'queue-token': '', cookie: `tokenId=${token}` })).toBe(token)
  expect(
    readQueueToken({
      cookie: `tokenId=; tokenId=junk; tokenId=${token}; tokenId=${token.replace('0', '1')}`,
    }),
  ).toBe(token)
  expect(readQueueToken({ 'queue-token': token, cookie: 'tokenId=other' })).toBe(token)
})

test.each([
  {},
  { cookie: 'a=b; mytokenId=1' },
  { cookie: 'tokenId=' },
  { 'queue-token': '' },
  { cookie: ';;=' },
])('a request without a queue token is refused with QUEUE_TOKEN_REQUIRED: %j', (headers) => {
  expect(() => readQueueToken(headers)).toThrow(expect.objectContaining({ code: 'QUEUE_TOKEN_REQUIRED' }))
})

test.each(['x', `${token}0`, `{${token}}`, 'x'.repeat(10_000)])('what is not a UUID is refused', (value) => {
  expect(() => readQueueToken({ 'queue-token': value })).toThrow(
    expect.objectContaining({ code: 'QUEUE_TOKEN_INVALID' }),
  )
})
