import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { eventually } from '@frontrow/test-kit/eventually'
import { verifyFairness } from '../../fairness/main.ts'
import { ask, auditHolds, enter, openOnSale, startOnSaleNetwork } from './on-sale-network.ts'
import type { Answer, OnSaleNetwork } from './on-sale-network.ts'

// The places of the waiting room: who comes early, the holds that they make, and what is paid.

let network: OnSaleNetwork

beforeAll(async () => {
  network = await startOnSaleNetwork({ SAGA_REPLY_WAIT_MS: '2000' })
})

afterAll(async () => {
  await network?.stop()
})

const ME = '/api/v1/queue/tokens/me'

const hold = (as: string, queueToken: string, scheduleId: number, seatId: number): Promise<Answer> =>
  ask(network, 'POST', '/api/v1/reservations', { as, queueToken, body: { scheduleId, seatIds: [seatId] } })

const refresh = (as: string, queueToken: string, held: Answer): Promise<Answer> =>
  network.call('POST', `/api/v1/reservations/${held.data.reservationId}/refresh`, { as, queueToken })

/** Without a queue token. */
const pay = (as: string, held: Answer): Promise<Answer> => {
  const body = { reservationId: held.data.reservationId, paymentMethod: 'BALANCE' }
  return ask(network, 'POST', '/api/v1/payments', { as, body })
}

const me = (queueToken: string): Promise<Answer> => ask(network, 'GET', ME, { queueToken })

async function becomesUsed(queueToken: string): Promise<void> {
  await eventually(async () => expect((await me(queueToken)).error?.code).toBe('QUEUE_TOKEN_INVALID'))
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
})

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
})

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
})

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
})

describe('a waiting room that opens before the sale', () => {
  const limits = { maxActive: 4, admitPerSecond: 3 }

  interface Visitor {
    user: string
    token: string
    /** As told at the join. */
    place: { status: string; sequence: number; queuePosition: number }
  }

  const join = async (user: string, scheduleId: number): Promise<Visitor> => {
    const { status, data } = await network.call('POST', '/api/v1/queue/tokens', {
      as: user,
      body: { scheduleId },
    })
    expect(status).toBe(200)
    return { user, token: data.token, place: data }
  }

  const askPlace = async ({ user, token }: Visitor): Promise<Visitor['place']> => {
    const answer = await network.call('GET', ME, { as: user, queueToken: token })
    expect(answer.status).toBe(200)
    return answer.data
  }

  const fairness = async (scheduleId: number): Promise<Answer['data']> =>
    (await network.call('GET', `/api/v1/queue/schedules/${scheduleId}/fairness?from=1`)).data

  /** Waits until all have been let in, and returns the places they were told then; a full room is left by all who are in. */
  async function letEverybodyIn(visitors: readonly Visitor[]): Promise<Map<Visitor, number>> {
    const told = new Map<Visitor, number>()
    const left = new Set<Visitor>()
    await eventually(
      async () => {
        const inside: Visitor[] = []
        for (const visitor of visitors.filter((one) => !left.has(one))) {
          const { status, sequence } = await askPlace(visitor)
          if (status !== 'ACTIVE') continue
          told.set(visitor, sequence)
          inside.push(visitor)
        }
        for (const visitor of inside.length < limits.maxActive ? [] : inside) {
          left.add(visitor)
          await network.call('DELETE', '/api/v1/queue/tokens/me', { queueToken: visitor.token })
        }
        expect(told.size).toBe(visitors.length)
      },
      { everyMs: 100 },
    )
    return told
  }

  async function replay(
    scheduleId: number,
    ...args: string[]
  ): Promise<{ code: number; lines: string[]; complaints: string[] }> {
    const [lines, complaints]: [string[], string[]] = [[], []]
    const code = await verifyFairness(['--schedule', String(scheduleId), '--url', network.url, ...args], {
      env: {},
      print: (line) => lines.push(line),
      complain: (line) => complaints.push(line),
      pause: (ms) => delay(ms),
      deadlineMs: 30_000,
    })
    return { code, lines, complaints }
  }

  test('lets nobody in before the sale opens, then all in the drawn order and by its limits, late ones last, as a replay confirms', async () => {
    const { scheduleId, bookingOpenAt } = await openOnSale(network, 10, {
      waitingRoomInMs: 0,
      bookingInMs: 6_000,
    })
    const room = `/api/v1/admin/queues/${scheduleId}`
    const admin = { as: 'admin', admin: true }
    expect((await network.call('PATCH', room, { ...admin, body: limits })).status).toBe(200)
    const promised = await fairness(scheduleId)
    expect(promised).toMatchObject({ seed: null, draw: null, entries: [] })

    const fans = Array.from({ length: 10 }, (_, index) => String(3_000 + index))
    const early = await Promise.all(fans.map((fan) => join(fan, scheduleId)))
    const entries = early.map(({ place }) => place.sequence)
    expect(entries.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    for (const visitor of early) {
      expect(visitor.place.status).toBe('WAITING')
      expect(await askPlace(visitor)).toMatchObject({ status: 'WAITING', sequence: visitor.place.sequence })
    }

    await eventually(
      async () => {
        expect((await network.call('GET', room, admin)).data).toMatchObject({ active: 4, waiting: 6 })
      },
      { everyMs: 100 },
    )
    const late = await join('3010', scheduleId)
    expect(late.place).toMatchObject({ status: 'WAITING', sequence: 21, queuePosition: 7 })
    const told = await letEverybodyIn([...early, late])

    const published = await eventually(async () => {
      const data = await fairness(scheduleId)
      expect(data.log.length).toBe(11)
      return data
    })
    expect(published).toMatchObject({
      commitment: promised.commitment,
      seed: expect.stringMatching(/^[0-9a-f]{64}$/),
      draw: { entries: 10 },
    })
    const log: { sequence: number; admittedAt: string; active: number }[] = published.entries
    expect(log.map(({ sequence }) => sequence)).toEqual([11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21])
    expect(Math.max(...log.map(({ active }) => active))).toBe(limits.maxActive)
    const times = log.map(({ admittedAt }) => Date.parse(admittedAt))
    expect(times[0]).toBeGreaterThanOrEqual(Date.parse(bookingOpenAt))
    for (const [index, at] of times.slice(limits.admitPerSecond).entries()) {
      expect(at - (times[index] ?? Infinity)).toBeGreaterThanOrEqual(1_000)
    }

    for (const visitor of early) {
      const entry = `${visitor.place.sequence}:${told.get(visitor)}`
      const outcome = await replay(scheduleId, '--commitment', promised.commitment, '--entry', entry)
      expect(outcome).toMatchObject({ code: 0, complaints: [] })
      expect(outcome.lines.at(-1)).toBe('fairness holds')
    }
    expect(told.get(late)).toBe(21)
    await auditHolds(network)
  })
})
