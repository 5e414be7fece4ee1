import { expect, test } from '@jest/globals'
import { crowdToken, joinRequest, placeRequest } from './requests.ts'

test('a request ends where its length says', () => {
  const [head = '', body = ''] = joinRequest(123, 'a.b.c').split('\r\n\r\n')
  expect(JSON.parse(body)).toEqual({ scheduleId: 123 })
  expect(head).toContain(`\r\nContent-Length: ${Buffer.byteLength(body)}`)
  expect(placeRequest('t')).toMatch(/\r\nQueue-Token: t\r\n\r\n$/)
})

test('the tokens of a crowd are UUIDs, one for each place', () => {
  expect(crowdToken(1_000_000)).toBe('01900000-0000-7000-8000-0000000f4240')
  expect(new Set([1, 2, 255, 256].map(crowdToken)).size).toBe(4)
})
