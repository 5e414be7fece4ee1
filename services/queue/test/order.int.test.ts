import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { eventually } from '@frontrow/test-kit/eventually'
import { createTestEnvironment } from '@frontrow/test-kit/test-environment'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'
import { hashToken } from '../src/places/token-value.ts'
import { placeOf, startQueueInstances, steer, watchRoom } from './queue-instances.ts'
import type { QueueInstances, SeenPlace } from './queue-instances.ts'
import { startCatalog } from './queue-under-test.ts'
import type { Answer, StandInCatalog } from './queue-under-test.ts'

let environment: TestEnvironment
let catalog: StandInCatalog
let queues: QueueInstances

beforeAll(async () => {
  environment = await createTestEnvironment()
  catalog = await startCatalog()
  queues = await startQueueInstances(environment, catalog, { ACTIVE_MS: '60000', ADMIT_EVERY_MS: '50' })
})

afterAll(async () => {
  await queues?.stop()
  await catalog?.stop()
  await environment?.dispose()
})

/** How a client saw its join; times of one monotonic clock, in milliseconds. */
interface Joined {
  instance: number
  wave: number
  askedAt: number
  answeredAt: number
  place: SeenPlace
}

async function joinOne(scheduleId: number, wave: number, index: number): Promise<Joined> {
  const { client } = queues.at(index)
  const askedAt = performance.now()
  const answer = await client.join(scheduleId, `person-${index}`)
  const answeredAt = performance.now()
  return { instance: index % queues.all.length, wave, askedAt, answeredAt, place: placeOf(answer) }
}

// Bursts come all at once. In between, some join one after the other in a few rows that run side by side.
const WAVES: readonly { people: number; atOnce: number }[] = [
  { people: 40, atOnce: 40 },
  { people: 40, atOnce: 6 },
  { people: 50, atOnce: 50 },
  { people: 30, atOnce: 3 },
  { people: 40, atOnce: 12 },
]
const PEOPLE = 200

async function joinInWaves(scheduleId: number): Promise<Joined[]> {
  const joined: Joined[] = []
  for (const [wave, { people, atOnce }] of WAVES.entries()) {
    const first = joined.length
    let next = first
    const row = async (): Promise<void> => {
      while (next < first + people) {
        const index = next
        next += 1
        joined.push(await joinOne(scheduleId, wave, index))
      }
    }
    await Promise.all(Array.from({ length: atOnce }, row))
  }
  return joined
}

/** Pairs of which the first was answered before the second had asked. */
function pairsInTime(joined: readonly Joined[]): { before: Joined; after: Joined }[] {
  return joined.flatMap((before) =>
    joined.filter((after) => before.answeredAt < after.askedAt).map((after) => ({ before, after })),
  )
}

/**
 * Looks at everybody who was not seen ACTIVE yet, from the back to the front and each after the other: where somebody
 * is ACTIVE, those before are looked at later, and so have to be ACTIVE too. Returns how many wait; what is wrong goes to
 * `problems`, for an assertion that is tried again would forget it.
 */
async function lookFromTheBack(
  line: readonly Joined[],
  entered: Map<number, SeenPlace>,
  round: number,
  problems: string[],
): Promise<number> {
  let waiting = 0
  let lastIn: number | undefined
  for (const { place, instance } of line.toReversed()) {
    const { sequence, token } = place
    if (!entered.has(sequence)) {
      const answer = await queues.at(instance + round + 1).client.place(token)
      if (answer.status !== 200) problems.push(`${sequence} was answered ${answer.status} ${answer.code}`)
      else if (answer.data['status'] === 'ACTIVE') entered.set(sequence, placeOf(answer))
      else waiting += 1
      if (!entered.has(sequence) && lastIn !== undefined) problems.push(`${lastIn} is in before ${sequence}`)
    }
    if (entered.has(sequence)) lastIn ??= sequence
  }
  return waiting
}

describe('200 people who join over three instances', () => {
  test.each([
    { room: 'paused', before: { paused: true, maxActive: 500 }, occupants: 0 },
    { room: 'full', before: { maxActive: 1 }, occupants: 1 },
  ])(
    'of a $room room stand in the order in which they were answered, and are let in in that order',
    async ({ before: limits, occupants }) => {
      const scheduleId = catalog.addSchedule()
      await steer(queues.at(0), scheduleId, limits)
      for (let index = 0; index < occupants; index += 1) {
        expect(placeOf(await queues.at(0).client.join(scheduleId, `occupant-${index}`)).status).toBe('ACTIVE')
      }
      const joined = await joinInWaves(scheduleId)
      const line = joined.toSorted((a, b) => a.place.sequence - b.place.sequence)

      const sequences = new Set(joined.map(({ place }) => place.sequence))
      expect(sequences.size).toBe(PEOPLE)
      const pairs = pairsInTime(joined)
      // Many of these pairs must be close in time and over two instances, or the next line would prove little.
      const telling = pairs.filter(
        ({ before, after }) => before.wave === after.wave && before.instance !== after.instance,
      )
      expect(telling.length).toBeGreaterThan(500)
      expect(pairs.filter(({ before, after }) => before.place.sequence >= after.place.sequence)).toEqual([])

      const still = await Promise.all(
        line.map(async ({ place, instance }) =>
          placeOf(await queues.at(instance + 1).client.place(place.token)),
        ),
      )
      expect(still.map(({ sequence }) => sequence)).toEqual(line.map(({ place }) => place.sequence))
      expect(still.map(({ queuePosition }) => queuePosition)).toEqual(line.map((_, index) => index + 1))

      await steer(queues.at(1), scheduleId, { paused: false, maxActive: 500, admitPerSecond: 40 })
      await expectLetInInOrder(line)
    },
  )
})

async function expectLetInInOrder(line: readonly Joined[]): Promise<void> {
  const entered = new Map<number, SeenPlace>()
  const problems: string[] = []
  let round = 0
  let roundsHalfWay = 0
  await eventually(async () => {
    const waiting = await lookFromTheBack(line, entered, round, problems)
    round += 1
    if (waiting > 0 && entered.size > 0) roundsHalfWay += 1
    expect(waiting).toBe(0)
  })
  expect(problems).toEqual([])
  expect(roundsHalfWay).toBeGreaterThan(0)
  const deadlines = line.map(({ place }) => entered.get(place.sequence)?.expiresAt ?? 0)
  expect(deadlines).toEqual(deadlines.toSorted((a, b) => a - b))
}

test('one user who joins fifty times at once over three instances gets one place', async () => {
  const scheduleId = catalog.addSchedule()
  await steer(queues.at(0), scheduleId, { paused: true })
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, index) => queues.at(index).client.join(scheduleId, 'eager')),
  )
  const [given, ...more] = answers.filter((answer) => answer.status === 200)
  if (given === undefined) throw new Error('nobody got a place')
  expect(more).toEqual([])
  const refused = answers.filter((answer) => answer.status === 409 && answer.code === 'QUEUE_TOKEN_EXISTS')
  expect(refused.length).toBe(49)
  const { token } = placeOf(given)
  for (const instance of queues.all) {
    expect(placeOf(await instance.client.place(token))).toMatchObject({ status: 'WAITING', queuePosition: 1 })
    expect(await watchRoom(instance, scheduleId)).toMatchObject({ waiting: 1, active: 0 })
  }
  expect((await queues.at(1).client.leave(token)).status).toBe(204)
  for (const instance of queues.all) {
    expect(await watchRoom(instance, scheduleId)).toMatchObject({ waiting: 0, active: 0 })
  }
})

describe('a token that is reissued over three instances at once', () => {
  const PUTS = 9

  test('lives in the value stored last alone: all others are dead everywhere within a second, and the place stays', async () => {
    const scheduleId = catalog.addSchedule()
    await steer(queues.at(0), scheduleId, { paused: true })
    await queues.at(0).client.join(scheduleId, 'in front')
    const first = placeOf(await queues.at(0).client.join(scheduleId, 'forgetful'))
    await queues.at(0).client.join(scheduleId, 'behind')
    let last = first.token
    // This looks for a race, which not every round would show.
    for (let round = 0; round < 25; round += 1) {
      const places = await reissueAtOnce(scheduleId, 'forgetful', PUTS)
      for (const place of places) expect(place).toMatchObject({ sequence: first.sequence, queuePosition: 2 })
      const values = [last, ...places.map(({ token }) => token)]
      last = await storedValue(scheduleId, 'forgetful', values)
      const old = values.filter((value) => value !== last)
      // The old values are tried before anybody asks with the new one, since they must be dead without that.
      await eventually(async () => expect(await livingAnywhere(old)).toEqual([]))
      for (const { client } of queues.all) {
        expect(placeOf(await client.place(last))).toMatchObject({
          sequence: first.sequence,
          queuePosition: 2,
        })
      }
    }
  })
})

async function reissueAtOnce(scheduleId: number, user: string, times: number): Promise<SeenPlace[]> {
  const puts = Array.from({ length: times }, (_, index) => queues.at(index).client.reissue(scheduleId, user))
  return (await Promise.all(puts)).map(placeOf)
}

/** Which of these values PostgreSQL has: its row is what outlives a loss of Redis. */
async function storedValue(scheduleId: number, user: string, values: readonly string[]): Promise<string> {
  const { rows } = await queues
    .at(0)
    .ctx.pool.query<{ hash: Buffer }>(
      'SELECT token_hash AS hash FROM queue_tokens WHERE schedule_id = $1 AND user_id = $2',
      [scheduleId, user],
    )
  const found = values.find((value) => rows[0]?.hash.equals(hashToken(value).full))
  if (found === undefined) throw new Error('PostgreSQL has none of the values')
  return found
}

async function livingAnywhere(values: readonly string[]): Promise<string[]> {
  const asked = values.flatMap((value) =>
    queues.all.map(async ({ client }, instance) => {
      const answer: Answer = await client.place(value)
      const dead = answer.status === 401 && answer.code === 'QUEUE_TOKEN_INVALID'
      return dead ? [] : [`value ${values.indexOf(value)} on instance ${instance}: ${answer.status}`]
    }),
  )
  return (await Promise.all(asked)).flat()
}
