import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { badBearers, badJoins, badLimits, badTokenValues, latin1, signedToken } from './bad-values.ts'
import type { SeenPlace } from './queue-instances.ts'
import { rawRequest } from './raw-request.ts'
import type { RawAnswer, RawRequest } from './raw-request.ts'
import { makeRoomWithBystanders } from './waiting-room-with-bystanders.ts'
import type { RoomWithBystanders } from './waiting-room-with-bystanders.ts'

const JSON_TYPE = { 'content-type': 'application/json' }

let room: RoomWithBystanders
let before: unknown

beforeAll(async () => {
  room = await makeRoomWithBystanders()
  before = await room.state()
})

afterAll(() => room?.stop())

// No bad input may change anything. Each test compares with the state after the one before, so that only the one that did change
// something fails.
afterEach(async () => {
  const expected = before
  before = await room.state()
  expect(before).toEqual(expected)
})

let sent = 0

/** Sends a request to the next instance. */
function call(request: RawRequest): Promise<RawAnswer> {
  sent += 1
  return rawRequest(room.queues.at(sent).httpPort, request)
}

function bearer(token: string): { authorization: string } {
  return { authorization: `Bearer ${token}` }
}

/** A field that `details` has to name. */
function naming(place: string, field: string): unknown {
  return expect.arrayContaining([{ in: place, field, rule: expect.any(String) }])
}

function send(method: string, path: string, asWho: string, body: unknown): Promise<RawAnswer> {
  return call({ method, path, headers: { ...JSON_TYPE, ...bearer(asWho) }, body: JSON.stringify(body) })
}

describe('a schedule that is', () => {
  test('unknown is 404 on every path', async () => {
    const notFound = { status: 404, code: 'SCHEDULE_NOT_FOUND' }
    for (const unknown of [987_654, Number.MAX_SAFE_INTEGER]) {
      const body = { scheduleId: unknown }
      expect(await send('POST', '/queue/tokens', room.bearers.stranger, body)).toMatchObject(notFound)
      expect(await send('PUT', '/queue/tokens', room.bearers.stranger, body)).toMatchObject(notFound)
    }
    const path = '/admin/queues/987654'
    expect(await send('PATCH', path, room.bearers.boss, { maxActive: 5 })).toMatchObject(notFound)
    expect(await call({ method: 'GET', path, headers: bearer(room.bearers.boss) })).toMatchObject(notFound)
    const nowServing = { method: 'GET', path: '/queue/schedules/987654/now-serving' }
    expect(await call(nowServing)).toMatchObject(notFound)
  })

  const inAnHour = Date.now() + 3_600_000
  test.each([
    ['closed', { status: 'CLOSED' }, null],
    ['cancelled', { status: 'CANCELLED' }, null],
    ['ended', { bookingCloseAtMs: Date.now() - 1 }, null],
    [
      'not open yet',
      { waitingRoomOpenAtMs: inAnHour, bookingOpenAtMs: 2 * inAnHour },
      { opensAt: new Date(inAnHour).toISOString() },
    ],
  ])('%s takes nobody', async (_state, change, details) => {
    const body = { scheduleId: room.catalog.addSchedule(change) }
    for (const who of ['stranger', 'boss'] as const) {
      const refused = await send('POST', '/queue/tokens', room.bearers[who], body)
      expect(refused).toMatchObject({ status: 409, code: 'BOOKING_NOT_OPEN' })
      expect(refused.details).toEqual(details)
    }
    const reissued = await send('PUT', '/queue/tokens', room.bearers.stranger, body)
    expect(reissued).toMatchObject({ status: 404, code: 'QUEUE_TOKEN_NOT_FOUND' })
  })
})

describe.each(['POST', 'PUT'])('%s /queue/tokens', (method) => {
  test.each(badJoins)('is refused with $name', async ({ body, headers, status, code, field }) => {
    const raw = typeof body === 'function' ? body(room.scheduleId) : body
    const answer = await call({
      method,
      path: '/queue/tokens',
      headers: { ...JSON_TYPE, ...bearer(room.bearers.stranger), ...headers },
      ...(raw === undefined ? {} : { body: raw }),
    })
    expect(answer).toMatchObject({ status, code })
    if (field !== undefined) expect(answer.details).toEqual(naming('body', field))
  })
})

test('a user without a place in the room is refused a new token', async () => {
  const body = { scheduleId: room.scheduleId }
  const reissued = await send('PUT', '/queue/tokens', room.bearers.stranger, body)
  expect(reissued).toMatchObject({ status: 404, code: 'QUEUE_TOKEN_NOT_FOUND' })
})

describe('new limits', () => {
  test.each(badLimits)('are refused: $name', async ({ body, headers, status, code, field }) => {
    const answer = await call({
      method: 'PATCH',
      path: `/admin/queues/${room.scheduleId}`,
      headers: { ...JSON_TYPE, ...bearer(room.bearers.boss), ...headers },
      ...(body === undefined ? {} : { body }),
    })
    expect(answer).toMatchObject({ status, code })
    if (field !== undefined) expect(answer.details).toEqual(naming('body', field))
  })

  test.each(['abc', '0', '-1', '1.5', '1e3', '0x1', '%201', '99999999999999999999', '%00', '%E2%82%AC'])(
    'of a schedule %p are refused',
    async (id) => {
      const invalid = { status: 400, code: 'INVALID_REQUEST' }
      const path = `/admin/queues/${id}`
      const steered = await send('PATCH', path, room.bearers.boss, { maxActive: 5 })
      expect(steered).toMatchObject({ ...invalid, details: naming('path', 'scheduleId') })
      const watched = await call({ method: 'GET', path, headers: bearer(room.bearers.boss) })
      expect(watched).toMatchObject({ ...invalid, details: naming('path', 'scheduleId') })
      const line = await call({ method: 'GET', path: `/queue/schedules/${id}/now-serving` })
      expect(line).toMatchObject({ ...invalid, details: naming('path', 'scheduleId') })
    },
  )

  test('of a schedule in a broken encoding are refused', async () => {
    const answer = await send('PATCH', '/admin/queues/%zz', room.bearers.boss, { maxActive: 5 })
    expect(answer).toMatchObject({ status: 400, code: 'INVALID_REQUEST' })
  })

  test.each([
    ['no role', {}],
    ['a role as text', { roles: 'admin' }],
    ['a role in upper case', { roles: ['ADMIN'] }],
    ['roles as an object', { roles: { admin: true } }],
    ['another role', { roles: ['administrator', 'user'] }],
  ])('are for admins only: not with %s', async (_name, claims) => {
    const forbidden = { status: 403, code: 'FORBIDDEN' }
    const path = `/admin/queues/${room.scheduleId}`
    const user = await signedToken({ sub: 'owner', ...claims })
    expect(await send('PATCH', path, user, { maxActive: 5 })).toMatchObject(forbidden)
    expect(await call({ method: 'GET', path, headers: bearer(user) })).toMatchObject(forbidden)
  })
})

describe('a request whose Authorization is', () => {
  test.each(badBearers)('$name is refused as UNAUTHENTICATED', async ({ make }) => {
    const value = await make(room.bearers.boss)
    const authorization = value === undefined ? {} : { authorization: value }
    const headers = { ...JSON_TYPE, ...authorization }
    const body = JSON.stringify({ scheduleId: room.scheduleId })
    const unauthenticated = { status: 401, code: 'UNAUTHENTICATED' }
    for (const method of ['POST', 'PUT']) {
      const refused = await call({ method, path: '/queue/tokens', headers, body })
      expect(refused).toMatchObject(unauthenticated)
      expect(refused.headers['www-authenticate']).toBe('Bearer')
    }
    const path = `/admin/queues/${room.scheduleId}`
    expect(await call({ method: 'PATCH', path, headers, body: '{"maxActive":5}' })).toMatchObject(
      unauthenticated,
    )
    expect(await call({ method: 'GET', path, headers })).toMatchObject(unauthenticated)
    if (value === undefined) return
    // A queue token needs no bearer, but a bad bearer is refused all the same.
    for (const method of ['GET', 'DELETE']) {
      const withToken = { ...authorization, 'queue-token': room.bystander.token }
      const refused = await call({ method, path: '/queue/tokens/me', headers: withToken })
      expect(refused).toMatchObject(unauthenticated)
    }
  })

  test('a user id that can not be stored is refused alone: who joins at the same moment gets a place', async () => {
    const crowdedId = room.scheduleApart()
    const users = ['one', 'nul\u0000byte', 'two', 'three']
    const tokens = await Promise.all(users.map((sub) => signedToken({ sub })))
    const { httpPort } = room.queues.at(0)
    const answers = await Promise.all(
      tokens.map((token) =>
        rawRequest(httpPort, {
          method: 'POST',
          path: '/queue/tokens',
          headers: { ...JSON_TYPE, ...bearer(token) },
          body: JSON.stringify({ scheduleId: crowdedId }),
        }),
      ),
    )
    const [one, nul, two, three] = answers.map(({ status }) => status)
    expect({ one, two, three }).toEqual({ one: 200, two: 200, three: 200 })
    expect([400, 401]).toContain(nul)
  })
})

describe('a queue token', () => {
  const paths = ['/queue/tokens/me', '/queue/tokens/me/events']
  const invalid = { status: 401, code: 'QUEUE_TOKEN_INVALID' }
  const required = { status: 401, code: 'QUEUE_TOKEN_REQUIRED' }

  test.each(badTokenValues)(
    'that is $name is refused in the header and in the cookie',
    async ({ make, cookie }) => {
      const value = latin1(make(room.bystander.token))
      const refused = value.trim() === '' ? required : invalid
      const carriers = [
        { 'queue-token': value },
        ...(cookie ? [{ cookie: `a=b; tokenId=${value}; c=d` }] : []),
      ]
      for (const headers of carriers) {
        for (const path of paths) expect(await call({ method: 'GET', path, headers })).toMatchObject(refused)
        expect(await call({ method: 'DELETE', path: '/queue/tokens/me', headers })).toMatchObject(refused)
      }
    },
  )

  test.each(['expired', 'used', 'left', 'reissued'] as const)(
    'that is %s is refused, and leaving with it changes nothing',
    async (how) => {
      for (const headers of [{ 'queue-token': room.over[how] }, { cookie: `tokenId=${room.over[how]}` }]) {
        for (const path of paths) expect(await call({ method: 'GET', path, headers })).toMatchObject(invalid)
        const left = await call({ method: 'DELETE', path: '/queue/tokens/me', headers })
        expect(left).toMatchObject({ status: 204 })
      }
    },
  )

  test('of somebody else is refused to who says who they are', async () => {
    for (const who of ['stranger', 'owner', 'boss'] as const) {
      for (const carrier of [
        { 'queue-token': room.bystander.token },
        { cookie: `tokenId=${room.bystander.token}` },
      ]) {
        const headers = { ...carrier, ...bearer(room.bearers[who]) }
        for (const path of paths) expect(await call({ method: 'GET', path, headers })).toMatchObject(invalid)
        expect(await call({ method: 'DELETE', path: '/queue/tokens/me', headers })).toMatchObject(invalid)
      }
    }
    const headers = { 'queue-token': room.bystander.token, ...bearer(room.bearers.bystander) }
    expect(await call({ method: 'GET', path: '/queue/tokens/me', headers })).toMatchObject({ status: 200 })
  })

  test.each([
    ['no header and no cookie', {}],
    ['another cookie', { cookie: 'session=1' }],
    ['an empty cookie', { cookie: 'tokenId=' }],
    ['a cookie of another case', { cookie: `tokenid=${'0'.repeat(8)}` }],
    ['a cookie without a value', { cookie: 'tokenId' }],
    ['a cookie without a value whose name is longer', { cookie: 'tokenIdX' }],
  ])('is asked for with %s', async (_name, headers) => {
    for (const path of paths) expect(await call({ method: 'GET', path, headers })).toMatchObject(required)
    expect(await call({ method: 'DELETE', path: '/queue/tokens/me', headers })).toMatchObject(required)
  })

  test('in the header goes before the one in the cookie, whatever they are', async () => {
    const get = (token: string, cookie: string) =>
      call({
        method: 'GET',
        path: '/queue/tokens/me',
        headers: { 'queue-token': token, cookie: `tokenId=${cookie}` },
      })
    const is = ({ sequence }: SeenPlace) => ({ status: 200, data: { sequence } })
    expect(await get(room.bystander.token, room.owner.token)).toMatchObject(is(room.bystander))
    expect(await get(room.bystander.token, 'junk')).toMatchObject(is(room.bystander))
    expect(await get('junk', room.owner.token)).toMatchObject(invalid)
    expect(await get(room.over.expired, room.owner.token)).toMatchObject(invalid)
    expect(await get('', room.owner.token)).toMatchObject(is(room.owner))
    const left = await call({
      method: 'DELETE',
      path: '/queue/tokens/me',
      headers: { 'queue-token': room.over.used, cookie: `tokenId=${room.bystander.token}` },
    })
    expect(left).toMatchObject({ status: 204 })
  })

  test.each([
    ['in upper case', (value: string) => ({ 'queue-token': value.toUpperCase() })],
    ['with blanks around it', (value: string) => ({ 'queue-token': `  ${value}\t` })],
    ['in a cookie in upper case', (value: string) => ({ cookie: `tokenId=${value.toUpperCase()}` })],
    ['in a cookie with blanks around it', (value: string) => ({ cookie: `a=b;  tokenId = ${value} ;c` })],
    ['in the first of two cookies', (value: string) => ({ cookie: `tokenId=${value}; tokenId=junk` })],
    ['in a cookie behind one without a value', (value: string) => ({ cookie: `tokenIdX; tokenId=${value}` })],
  ])('is taken %s', async (_name, carry) => {
    const answer = await call({
      method: 'GET',
      path: '/queue/tokens/me',
      headers: carry(room.bystander.token),
    })
    expect(answer).toMatchObject({
      status: 200,
      data: { sequence: room.bystander.sequence, token: room.bystander.token },
    })
  })
})

describe('VerifyToken', () => {
  const invalid = { code: 'QUEUE_TOKEN_INVALID' }
  const broken = (field: string) => ({ code: 'INVALID_REQUEST', details: naming('body', field) })

  test.each([
    ['of another schedule', () => ({ token: room.owner.token, scheduleId: room.otherScheduleId }), invalid],
    ['of another user', () => ({ token: room.owner.token, userId: 'bystander' }), invalid],
    ['of a user in another case', () => ({ token: room.owner.token, userId: 'OWNER' }), invalid],
    ['that waits', () => ({ token: room.bystander.token }), { code: 'QUEUE_TOKEN_NOT_ACTIVE' }],
    ['that waits, for another user', () => ({ token: room.bystander.token, userId: 'owner' }), invalid],
    ['that is expired', () => ({ token: room.over.expired }), invalid],
    ['that is used', () => ({ token: room.over.used }), invalid],
    ['that was left', () => ({ token: room.over.left }), invalid],
    ['that was reissued', () => ({ token: room.over.reissued }), invalid],
    ['that is empty', () => ({ token: '' }), invalid],
    ['that is junk', () => ({ token: 'junk' }), invalid],
    ['that is not ASCII', () => ({ token: 'ключ-\u{1F511}' }), invalid],
    ['that holds a NUL', () => ({ token: `${room.owner.token}\u0000` }), invalid],
    ['of 10 kB', () => ({ token: 'x'.repeat(10_000) }), invalid],
    ['for schedule 0', () => ({ token: room.owner.token, scheduleId: 0 }), broken('scheduleId')],
    ['for schedule -1', () => ({ token: room.owner.token, scheduleId: -1 }), broken('scheduleId')],
    ['for a user without a name', () => ({ token: room.owner.token, userId: '' }), broken('userId')],
    [
      'for a user of 65 characters',
      () => ({ token: room.owner.token, userId: 'x'.repeat(65) }),
      broken('userId'),
    ],
  ])('refuses a token %s', async (_name, request, refused) => {
    for (const instance of room.queues.all) {
      await expect(instance.verify(request())).rejects.toMatchObject(refused)
    }
  })

  test('takes a token in upper case', async () => {
    const { scheduleId, owner } = room
    const token = owner.token.toUpperCase()
    const verified = room.queues.at(1).verify({ token, scheduleId, userId: 'owner' })
    await expect(verified).resolves.toMatchObject({ scheduleId, userId: 'owner' })
  })
})
