import { expect, test } from '@jest/globals'
import { createClient } from '@frontrow/client/client'
import { data, refusal, startLocalServer } from '@frontrow/client/local-server'
import { placeHeader } from '../../place-token.ts'
import { findPlace, takePlace } from './take-place.ts'
import type { AnswerJoinCheck } from './take-place.ts'

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

test('on plain http a browser that keeps no cookie sends the token of its place itself, and one that does leaves it to the cookie', async () => {
  await using server = await startLocalServer(
    data(200, place),
    refusal(401, 'QUEUE_TOKEN_REQUIRED'),
    data(200, place),
  )
  const client = createClient({ baseUrl: server.baseUrl })
  await takePlace(7, client, true)
  expect(placeHeader(7)).toEqual({ queueToken: 't-1' })
  await findPlace(7, undefined, client)
  expect(server.requests.at(-1)?.headers['queue-token']).toBe('t-1')
  // The next join finds its cookie.
  await takePlace(7, client, true)
  expect(placeHeader(7)).toEqual({})
  const sent = server.requests.map(({ method, headers }) => [method, headers['queue-token']])
  expect(sent.slice(3)).toEqual([
    ['POST', undefined],
    ['GET', undefined],
  ])
})

test('over TLS nothing is asked and no token is kept', async () => {
  await using server = await startLocalServer(data(200, { ...place, scheduleId: 8 }))
  await takePlace(8, createClient({ baseUrl: server.baseUrl }), false)
  expect(server.requests).toHaveLength(1)
  expect(placeHeader(8)).toEqual({})
})

test('a join that is checked is sent again with the answer to a challenge, and with a second one where the first came too late', async () => {
  await using server = await startLocalServer(
    refusal(403, 'JOIN_CHECK_REQUIRED'),
    refusal(403, 'JOIN_CHECK_FAILED'),
    data(200, place),
  )
  const client = createClient({ baseUrl: server.baseUrl })
  const answers = ['first', 'second']
  const answer: AnswerJoinCheck = async (_scheduleId, asked, tries) => {
    expect(asked?.code).toBe(['JOIN_CHECK_REQUIRED', 'JOIN_CHECK_FAILED'][tries])
    return answers[tries]
  }
  expect(await takePlace(7, client, false, answer)).toMatchObject({ token: 't-1' })
  expect(server.requests.map(({ body }) => JSON.parse(body))).toEqual([
    { scheduleId: 7 },
    { scheduleId: 7, checkAnswer: 'first' },
    { scheduleId: 7, checkAnswer: 'second' },
  ])
})

test('a join that is known to be checked is sent once, with its answer; where that is refused it has one more', async () => {
  await using server = await startLocalServer(
    data(200, place),
    refusal(403, 'JOIN_CHECK_FAILED'),
    data(200, place),
  )
  const client = createClient({ baseUrl: server.baseUrl })
  const asked: unknown[] = []
  const answer: AnswerJoinCheck = async (_scheduleId, refused, tries) => {
    asked.push([refused?.code, tries])
    return `answer ${tries}`
  }
  await takePlace(7, client, false, answer, true)
  expect(asked).toEqual([[undefined, 0]])
  await takePlace(7, client, false, answer, true)
  expect(asked.slice(1)).toEqual([
    [undefined, 0],
    ['JOIN_CHECK_FAILED', 1],
  ])
  expect(server.requests.map(({ body }) => JSON.parse(body).checkAnswer)).toEqual([
    'answer 0',
    'answer 0',
    'answer 1',
  ])
})

test('what the answer to a check throws ends the join', async () => {
  await using server = await startLocalServer(refusal(403, 'JOIN_CLAIM_REQUIRED'))
  const give: AnswerJoinCheck = (_scheduleId, asked) => Promise.reject(asked ?? new Error('no refusal'))
  const joining = takePlace(7, createClient({ baseUrl: server.baseUrl }), false, give)
  await expect(joining).rejects.toMatchObject({ code: 'JOIN_CLAIM_REQUIRED' })
  expect(server.requests).toHaveLength(1)
})
