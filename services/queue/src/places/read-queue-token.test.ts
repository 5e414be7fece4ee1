import { readQueueToken, readRequestsQueueToken } from '@frontrow/proto/queue-token'
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

test("a schedule chooses its cookie before the latest one, and no other schedule's", () => {
  const [own, latest] = [token, token.replace('0', '1')]
  expect(readQueueToken({ cookie: `tokenId=${latest}; tokenId_7=${own}` }, 7)).toBe(own)
  expect(readQueueToken({ cookie: `tokenId_7=junk; tokenId=${latest}; tokenId_7=${own}` }, 7)).toBe(own)
  expect(readQueueToken({ cookie: `tokenId_7=junk; tokenId=${latest}` }, 7)).toBe(latest)
  expect(readQueueToken({ cookie: `tokenId_77=${own}; tokenId_=${own}; tokenId=${latest}` }, 7)).toBe(latest)
  expect(readQueueToken({ cookie: `tokenId_7=${own}; tokenId=${latest}` })).toBe(latest)
  expect(readQueueToken({ 'queue-token': latest, cookie: `tokenId_7=${own}` }, 7)).toBe(latest)
  expect(() => readQueueToken({ cookie: `tokenId_8=${own}` }, 7)).toThrow(
    expect.objectContaining({ code: 'QUEUE_TOKEN_REQUIRED' }),
  )
})

test.each([
  ['path', { params: { scheduleId: 7 }, query: { scheduleId: 8 } }],
  ['query', { params: undefined, query: { scheduleId: 7 }, body: undefined }],
  ['body', { params: {}, query: {}, body: { scheduleId: 7 } }],
])('the schedule is read from the %s of a request', (_part, input) => {
  const cookie = `tokenId=${token.replace('0', '1')}; tokenId_7=${token}`
  expect(readRequestsQueueToken({ cookie }, input)).toBe(token)
})
