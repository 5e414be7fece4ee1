import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { eventually } from '@frontrow/test-kit/eventually'
import { serviceNames } from '../../scripts/services.ts'
import type { ServiceName } from '../../scripts/services.ts'
import { auditHolds, enter, openOnSale, startOnSaleNetwork } from './on-sale-network.ts'
import type { Answer, OnSaleNetwork } from './on-sale-network.ts'

const FAN = '101'
const AMOUNT = 1_000
let network: OnSaleNetwork
let queueToken = ''
let reads: string[] = []
const keys: string[] = []

beforeAll(async () => {
  network = await startOnSaleNetwork({}, { twice: true })
  const { concertId, scheduleId } = await openOnSale(network, 20)
  queueToken = await enter(network, FAN, scheduleId)
  reads = [
    `/concerts/${concertId}`,
    `/concerts/${concertId}/schedules/${scheduleId}`,
    '/queue/tokens/me',
    `/queue/schedules/${scheduleId}/now-serving`,
    '/reservations',
    `/users/${FAN}/balance`,
    `/users/${FAN}/balance/history`,
  ].map((path) => `/api/v1${path}`)
}, 180_000)

afterAll(() => network?.stop(), 60_000)

// A connection of its own: one that is kept may be closed by a reload just as it is used.
const headers = { Connection: 'close' }

/** What a fan reads, so many times; returns what was not answered with 200. */
async function readAll(rounds: number): Promise<string[]> {
  const failed: string[] = []
  for (let round = 0; round < rounds; round += 1) {
    for (const path of reads) {
      const answer = await network.call('GET', path, { as: FAN, queueToken, headers })
      if (answer.status !== 200) failed.push(`${path}: ${answer.status} ${answer.error?.code ?? ''}`)
    }
  }
  return failed
}

function charge(key: string): Promise<Answer> {
  return network.call('POST', `/api/v1/users/${FAN}/balance/charge`, {
    as: FAN,
    key,
    body: { amount: AMOUNT },
    headers,
  })
}

/** Charges that are sent while an instance fails. */
function chargeMeanwhile(): Promise<Answer[]> {
  const own = Array.from({ length: 6 }, () => randomUUID())
  keys.push(...own)
  return Promise.all(own.map(charge))
}

/** All that a charge may be answered with: done, at work, and, where its instance was lost, that nobody knows. */
const expected = new Set([200, 202, 503, 504])

test.each(serviceNames.map((name) => [name]))(
  'while one of two instances of %s is frozen, and after it goes on, what people read is answered',
  async (name: ServiceName) => {
    network.secondOf(name).pause()
    const charges = chargeMeanwhile()
    expect(await readAll(8)).toEqual([])
    network.secondOf(name).resume()
    expect(await readAll(2)).toEqual([])
    for (const { status } of await charges) expect(expected).toContain(status)
  },
)

test('kill -9 of one of two instances of every service, one after the other, costs no answer to what people read', async () => {
  for (const name of serviceNames) {
    const charges = chargeMeanwhile()
    await network.secondOf(name).kill()
    expect(await readAll(3)).toEqual([])
    for (const { status } of await charges) expect(expected).toContain(status)
  }
})

test('every charge was made once, whatever its answer was', async () => {
  for (const key of keys) {
    await eventually(async () => expect((await charge(key)).status).toBe(200), {
      withinMs: 60_000,
      everyMs: 500,
    })
  }
  const balance = await network.call('GET', `/api/v1/users/${FAN}/balance`, { as: FAN, headers })
  expect(balance.data).toMatchObject({
    currentBalance: keys.length * AMOUNT,
    totalCharged: keys.length * AMOUNT,
  })
  await auditHolds(network)
})
