import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { eventually } from '@frontrow/test-kit/eventually'
import { enter, openOnSale, startOnSaleNetwork } from './on-sale-network.ts'
import type { Answer, OnSaleNetwork } from './on-sale-network.ts'

// The places of the waiting room, the holds that they make, and what is paid.

let network: OnSaleNetwork

beforeAll(async () => {
  network = await startOnSaleNetwork({ SAGA_REPLY_WAIT_MS: '2000' })
}, 90_000)

afterAll(async () => {
  await network?.stop()
}, 30_000)

const ME = '/api/v1/queue/tokens/me'

const hold = (as: string, queueToken: string, scheduleId: number, seatId: number): Promise<Answer> =>
  network.call('POST', '/api/v1/reservations', { as, queueToken, body: { scheduleId, seatIds: [seatId] } })

const refresh = (as: string, queueToken: string, held: Answer): Promise<Answer> =>
  network.call('POST', `/api/v1/reservations/${held.data.reservationId}/refresh`, { as, queueToken })

/** Without a queue token. */
const pay = (as: string, held: Answer): Promise<Answer> =>
  network.call('POST', '/api/v1/payments', {
    as,
    key: randomUUID(),
    body: { reservationId: held.data.reservationId, paymentMethod: 'BALANCE' },
  })

const me = (queueToken: string): Promise<Answer> => network.call('GET', ME, { queueToken })

async function becomesUsed(queueToken: string): Promise<void> {
  await eventually(async () => expect((await me(queueToken)).error?.code).toBe('QUEUE_TOKEN_INVALID'), {
    withinMs: 30_000,
  })
}

/** Twelve more people pay, whose events spread over all partitions: when their places are used, all payments before are noted. */
async function expectPaymentsNoted(scheduleId: number, firstSeatId: number): Promise<void> {
  const buyers = Array.from({ length: 12 }, async (_none, index) => {
    const fan = `once-${scheduleId}-${index}`
    const token = await enter(network, fan, scheduleId, 50_000)
    expect((await pay(fan, await hold(fan, token, scheduleId, firstSeatId + index))).status).toBe(201)
    await becomesUsed(token)
  })
  await Promise.all(buyers)
}

test('a token that is reissued while its place makes a hold lives at least as long as the hold', async () => {
  const { scheduleId } = await openOnSale(network, 40)
  const rounds = Array.from({ length: 20 }, async (_none, round) => {
    const fan = `reissues-${round}`
    const old = await enter(network, fan, scheduleId)
    const [raced, reissued] = await Promise.all([
      hold(fan, old, scheduleId, round + 1),
      network.call('PUT', '/api/v1/queue/tokens', { as: fan, body: { scheduleId } }),
    ])
    const { token } = reissued.data
    // The old value may have been dead already.
    const held = raced.status === 201 ? raced : await hold(fan, token, scheduleId, round + 1)
    expect(held.status).toBe(201)
    await eventually(async () => {
      const place = await me(token)
      expect(Date.parse(place.data.expiresAt)).toBeGreaterThanOrEqual(Date.parse(held.data.expiresAt))
    })
  })
  await Promise.all(rounds)
}, 60_000)

test('of two holds one is paid: the other can still be refreshed and paid, and then the place is used', async () => {
  const { scheduleId } = await openOnSale(network, 10)
  const token = await enter(network, 'twice', scheduleId, 100_000)
  const [first, second] = [
    await hold('twice', token, scheduleId, 1),
    await hold('twice', token, scheduleId, 2),
  ]
  expect((await pay('twice', first)).status).toBe(201)
  const refreshed = await refresh('twice', token, second)
  expect(refreshed.status).toBe(200)
  // The refresh was told of after the payment, so the payment has not ended the place.
  await eventually(async () =>
    expect(Date.parse((await me(token)).data.expiresAt)).toBe(Date.parse(refreshed.data.expiresAt)),
  )
  expect((await pay('twice', second)).status).toBe(201)
  await becomesUsed(token)
})

test('a payment leaves the place alone that its buyer took after the hold', async () => {
  const { scheduleId } = await openOnSale(network, 40)
  const fans = Array.from({ length: 8 }, (_none, index) => `again-${index}`)
  const newer = await Promise.all(
    fans.map(async (fan, index) => {
      const old = await enter(network, fan, scheduleId, 50_000)
      const held = await hold(fan, old, scheduleId, index + 1)
      expect((await network.call('DELETE', ME, { queueToken: old })).status).toBe(204)
      const token = await enter(network, fan, scheduleId)
      expect((await pay(fan, held)).status).toBe(201)
      return token
    }),
  )
  await expectPaymentsNoted(scheduleId, 20)
  for (const token of newer) expect((await me(token)).data?.status).toBe('ACTIVE')
}, 60_000)

test('the queue service dies between a hold and its payment: it is paid all the same, and its place is used afterwards', async () => {
  const { scheduleId } = await openOnSale(network, 20)
  const token = await enter(network, 'patient', scheduleId, 50_000)
  const comesBack = await enter(network, 'comes-back', scheduleId, 50_000)
  const [held, other] = [
    await hold('patient', token, scheduleId, 1),
    await hold('comes-back', comesBack, scheduleId, 2),
  ]
  await network.kill('queue')
  expect((await pay('patient', held)).status).toBe(201)
  await network.restart('queue')
  await becomesUsed(token)
  // The other one is paid after its buyer has left and joined anew.
  await network.call('DELETE', ME, { queueToken: comesBack })
  const newer = await enter(network, 'comes-back', scheduleId)
  expect((await pay('comes-back', other)).status).toBe(201)
  await expectPaymentsNoted(scheduleId, 3)
  expect((await me(newer)).data?.status).toBe('ACTIVE')
}, 60_000)

test('two shows in one browser: seats are seen, held and kept in each by its own cookie', async () => {
  const shows = [await openOnSale(network, 10), await openOnSale(network, 10)]
  const jar = new Map<string, string>()
  const call: OnSaleNetwork['call'] = async (method, path, options = {}) => {
    const Cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const answer = await network.call(method, path, { as: 'two-shows', ...options, headers: { Cookie } })
    for (const line of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*);/.exec(line) ?? []
      if (value === '') jar.delete(name)
      else jar.set(name, value)
    }
    return answer
  }
  const placeIn = (scheduleId: number) => call('GET', `${ME}?scheduleId=${scheduleId}`)
  for (const { scheduleId } of shows) {
    expect((await call('POST', '/api/v1/queue/tokens', { body: { scheduleId } })).status).toBe(200)
    await eventually(async () => expect((await placeIn(scheduleId)).data?.status).toBe('ACTIVE'))
  }
  const sequences = await Promise.all(shows.map(async ({ scheduleId }) => (await placeIn(scheduleId)).data))
  expect(sequences.map((place) => place.scheduleId)).toEqual(shows.map((show) => show.scheduleId))
  for (const { concertId, scheduleId } of shows) {
    const map = await call('GET', `/api/v1/concerts/${concertId}/schedules/${scheduleId}/seats`)
    expect([map.status, map.data?.scheduleInfo.scheduleId]).toEqual([200, scheduleId])
    const held = await call('POST', '/api/v1/reservations', { body: { scheduleId, seatIds: [1] } })
    expect(held.status).toBe(201)
    const kept = await call('POST', `/api/v1/reservations/${held.data.reservationId}/refresh`)
    expect(kept.status).toBe(200)
    await eventually(async () => expect((await placeIn(scheduleId)).data.expiresAt).toBe(kept.data.expiresAt))
  }
  const [first, second] = shows
  expect((await call('DELETE', `${ME}?scheduleId=${first?.scheduleId}`)).status).toBe(204)
  expect([...jar.keys()].toSorted()).toEqual(['tokenId', `tokenId_${second?.scheduleId}`])
  expect((await placeIn(second?.scheduleId ?? 0)).data?.status).toBe('ACTIVE')
}, 60_000)
