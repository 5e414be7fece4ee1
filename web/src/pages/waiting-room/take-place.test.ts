import { expect, test } from '@jest/globals'
import { createClient } from '@frontrow/client/client'
import { data, refusal, startLocalServer } from '@frontrow/client/local-server'
import { takePlace } from './take-place.ts'

const place = { token: 't-1', scheduleId: 7, status: 'WAITING', serverTime: '2026-12-01T01:00:00.000Z' }

test('a second tab takes the place that this browser has already, and ends it nowhere', async () => {
  await using server = await startLocalServer(refusal(409, 'QUEUE_TOKEN_EXISTS'), data(200, place))
  expect(await takePlace(7, createClient({ baseUrl: server.baseUrl }))).toMatchObject({ token: 't-1' })
  expect(server.requests.map(({ method }) => method)).toEqual(['POST', 'GET'])
})

test('a place that another browser has is taken over', async () => {
  await using server = await startLocalServer(
    refusal(409, 'QUEUE_TOKEN_EXISTS'),
    refusal(401, 'QUEUE_TOKEN_REQUIRED'),
    data(200, { ...place, token: 't-2' }),
  )
  expect(await takePlace(7, createClient({ baseUrl: server.baseUrl }))).toMatchObject({ token: 't-2' })
  expect(server.requests.map(({ method }) => method)).toEqual(['POST', 'GET', 'PUT'])
})
