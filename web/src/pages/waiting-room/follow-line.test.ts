import { expect, test } from '@jest/globals'
import { createClient } from '@frontrow/client/client'
import { data, refusal, startLocalServer } from '@frontrow/client/local-server'
import type { LocalServer, Respond } from '@frontrow/client/local-server'
import type { Place } from '../../queries.ts'
import { followLine } from './follow-line.ts'
import type { LineEvent } from './line.ts'

const place: Place = {
  token: '01939fd2-7c1a-7000-8000-000000000001',
  scheduleId: 7,
  status: 'WAITING',
  sequence: 500,
  queuePosition: 100,
  estimatedWaitSeconds: 600,
  estimatedWaitTimeMinutes: 10,
  pollAfterSeconds: 0,
  serverTime: '2026-12-01T01:00:00.000Z',
  expiresAt: '2026-12-01T13:00:00.000Z',
}

const ended =
  (status: string): Respond =>
  (response) => {
    const payload = { status, scheduleId: 7, serverTime: place.serverTime }
    response.writeHead(200, { 'Content-Type': 'text/event-stream' })
    response.end(`retry: 1\n\nevent: ended\ndata: ${JSON.stringify(payload)}\n\n`)
  }

/** Follows until it is over, or until something is told that `isEnough` takes as the last thing. */
async function follow(server: LocalServer, isEnough: (event: LineEvent) => boolean = () => false) {
  const told: LineEvent[] = []
  const ending = new AbortController()
  const signal = AbortSignal.any([ending.signal, AbortSignal.timeout(60_000)])
  const tell = (event: LineEvent): void => {
    told.push(event)
    if (isEnough(event)) ending.abort()
  }
  // Booking has not opened yet, so each poll asks for the place itself.
  const opensAtMs = Date.parse('2099-01-01T00:00:00Z')
  const client = createClient({ baseUrl: server.baseUrl })
  await followLine({ place, opensAtMs, tell, signal, client })
  return told
}

test.each(['LEFT', 'USED', 'EXPIRED'])(
  'after the end %s nothing is asked any more, and no other end is told',
  async (end) => {
    await using server = await startLocalServer(ended(end), refusal(401, 'QUEUE_TOKEN_INVALID'))
    const told = await follow(server)
    expect(told.filter(({ kind }) => kind === 'ended')).toEqual([{ kind: 'ended', end }])
    expect(server.requests).toHaveLength(1)
  },
)

test('a place that moved to another tab is followed on, since this browser may have it still', async () => {
  await using server = await startLocalServer(ended('REISSUED'), ended('LEFT'))
  const told = await follow(server)
  expect(told.flatMap((event) => (event.kind === 'ended' ? [event.end] : []))).toEqual(['REISSUED', 'LEFT'])
})

test('a stream that is refused for now is told as reconnecting, and polls take its place', async () => {
  await using server = await startLocalServer(
    refusal(401, 'UNAUTHENTICATED'),
    data(200, { ...place, queuePosition: 42 }),
  )
  const told = await follow(server, ({ kind }) => kind === 'place')
  expect(told).toMatchObject([
    { kind: 'connection', isLive: false },
    { kind: 'place', place: { queuePosition: 42 } },
  ])
})

test('a place that polls find gone ends the following', async () => {
  await using server = await startLocalServer(
    refusal(401, 'UNAUTHENTICATED'),
    refusal(401, 'QUEUE_TOKEN_INVALID'),
  )
  expect((await follow(server)).at(-1)).toEqual({ kind: 'ended', end: 'EXPIRED' })
})

test('where there is no such line, the following fails', async () => {
  await using server = await startLocalServer(refusal(404, 'SCHEDULE_NOT_FOUND'))
  await expect(follow(server)).rejects.toMatchObject({ code: 'SCHEDULE_NOT_FOUND' })
})
