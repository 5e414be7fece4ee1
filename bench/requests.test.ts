import { expect, test } from '@jest/globals'
import { JWT_SECRET } from '@frontrow/test-kit/test-environment'
import { jwtVerify } from 'jose'
import { bearerFor, crowdToken, joinRequest, placeRequest } from './requests.ts'

test('bearer tokens are what the services accept', async () => {
  const secret = new TextEncoder().encode(JWT_SECRET)
  const options = { issuer: 'frontrow', audience: 'frontrow', algorithms: ['HS256'] }
  const { payload } = await jwtVerify(bearerFor('fan-1', Date.now(), ['admin']), secret, options)
  expect(payload).toMatchObject({ sub: 'fan-1', roles: ['admin'] })
})

test('a request ends where its length says', () => {
  const [head = '', body = ''] = joinRequest(123, 'fan-1', Date.now()).split('\r\n\r\n')
  expect(JSON.parse(body)).toEqual({ scheduleId: 123 })
  expect(head).toContain(`\r\nContent-Length: ${Buffer.byteLength(body)}`)
  expect(placeRequest('t')).toMatch(/\r\nQueue-Token: t\r\n\r\n$/)
})

test('the tokens of a crowd are UUIDs, one for each place', () => {
  expect(crowdToken(1_000_000)).toBe('01900000-0000-7000-8000-0000000f4240')
  expect(new Set([1, 2, 255, 256].map(crowdToken)).size).toBe(4)
})
