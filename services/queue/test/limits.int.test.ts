import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { eventually } from '@frontrow/test-kit/eventually'
import { createTestEnvironment } from '@frontrow/test-kit/test-environment'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'
import { Crowd, mostActiveAtOnce, mostAdmittedInASecond } from './crowd.ts'
import { placeOf, startQueueInstances, steer, watchRoom } from './queue-instances.ts'
import type { QueueInstances } from './queue-instances.ts'
import { startCatalog } from './queue-under-test.ts'
import type { Answer, StandInCatalog } from './queue-under-test.ts'

const ACTIVE_MS = 3_000
const WAITING_MAX = 240
// New limits hold within a second of the answer to the call that sets them.
const SETTLE_MS = 1_000

let environment: TestEnvironment
let catalog: StandInCatalog
let queues: QueueInstances

beforeAll(async () => {
  environment = await createTestEnvironment()
  catalog = await startCatalog()
})

afterAll(async () => {
  await catalog?.stop()
  await environment?.dispose()
})

function useInstances(change: Record<string, string>): void {
  beforeAll(async () => {
    queues = await startQueueInstances(environment, catalog, {
      ACTIVE_MS: String(ACTIVE_MS),
      WAITING_MAX: String(WAITING_MAX),
      ...change,
    })
  })
  afterAll(() => queues?.stop())
}

async function roomWith(limits: object): Promise<number> {
  const scheduleId = catalog.addSchedule()
  await steer(queues.at(0), scheduleId, limits)
  return scheduleId
}

/** A paused room that has let somebody in: its draw is made, so nothing builds it again in the middle of a crowd. */
async function pausedRoom(): Promise<number> {
  const scheduleId = await roomWith({ maxActive: 1 })
  const { client } = queues.at(1)
  const { token } = placeOf(await client.join(scheduleId, 'first'))
  await eventually(async () => expect(placeOf(await client.place(token)).status).toBe('ACTIVE'))
  await client.leave(token)
  await steer(queues.at(2), scheduleId, { paused: true })
  return scheduleId
}

/** Steers through one instance; new limits hold from a second after this moment. */
async function steeredAt(instance: number, scheduleId: number, limits: object): Promise<number> {
  await steer(queues.at(instance), scheduleId, limits)
  return Date.now()
}

describe('with three instances that let people in', () => {
  useInstances({ ADMIT_EVERY_MS: '50' })

  test('150 people who come, stay, leave and stay away all get in, never more than maxActive at once or admitPerSecond in a second', async () => {
    const limits = { maxActive: 20, admitPerSecond: 15 }
    const scheduleId = await roomWith({ ...limits, paused: true })
    const crowd = new Crowd(queues, scheduleId, ACTIVE_MS)
    await crowd.join(90)
    await steer(queues.at(1), scheduleId, { paused: false })
    // One in five stays away; the others stay half a second to two seconds.
    const lengthOf = ({ sequence }: { sequence: number }): number | 'stays away' =>
      sequence % 5 === 0 ? 'stays away' : 500 + ((sequence * 37) % 11) * 130
    await eventually(
      async () => {
        if (crowd.visitors.length < 150) await crowd.join(12)
        await Promise.all([crowd.lookAtWaiting(), crowd.visit(lengthOf)])
        expect(crowd.admitted().length).toBe(150)
      },
      { everyMs: 100 },
    )
    const admitted = crowd.admitted()
    expect(crowd.surprises).toEqual([])
    expect(mostActiveAtOnce(admitted)).toBeLessThanOrEqual(limits.maxActive)
    expect(mostAdmittedInASecond(admitted)).toBeLessThanOrEqual(limits.admitPerSecond)
    // Both limits were reached, so the test has tried both.
    expect(mostActiveAtOnce(admitted)).toBeGreaterThan(limits.admitPerSecond)
    expect(mostAdmittedInASecond(admitted)).toBe(limits.admitPerSecond)
  })

  test('nobody is let in from a second after a pause, and somebody after its end', async () => {
    const scheduleId = await roomWith({ maxActive: 500, admitPerSecond: 10, paused: true })
    const crowd = new Crowd(queues, scheduleId, ACTIVE_MS)
    // Enough for a machine that takes 15 s from the first admission to the pause.
    await crowd.join(180)
    await steer(queues.at(0), scheduleId, { paused: false })
    await eventually(async () => {
      await crowd.lookAtWaiting()
      expect(crowd.admitted().length).toBeGreaterThan(10)
    })
    const pausedAt = await steeredAt(1, scheduleId, { paused: true })
    await watchUntil(crowd, pausedAt + SETTLE_MS + 1_500)
    const pauseEndsAt = Date.now()
    await steer(queues.at(2), scheduleId, { paused: false })
    const admittedAt = () => crowd.admitted().map((visitor) => visitor.admittedAt)
    await watchUntilTrue(crowd, () => admittedAt().some((at) => at > pauseEndsAt))
    expect(admittedAt().filter((at) => at > pausedAt + SETTLE_MS && at < pauseEndsAt)).toEqual([])
    expect(crowd.surprises).toEqual([])
  })

  test('another admitPerSecond holds, a lower one from a second after it, and a higher one', async () => {
    const scheduleId = await roomWith({ maxActive: 500, admitPerSecond: 10, paused: true })
    const crowd = new Crowd(queues, scheduleId, ACTIVE_MS)
    // Enough for a machine that takes 15 s from the first admission to the lower limit.
    await crowd.join(220)
    await steer(queues.at(0), scheduleId, { paused: false })
    await eventually(async () => {
      await crowd.lookAtWaiting()
      expect(crowd.admitted().length).toBeGreaterThan(10)
    })
    const loweredAt = await steeredAt(2, scheduleId, { admitPerSecond: 3 })
    const slow = () => crowd.admitted().filter(({ admittedAt }) => admittedAt > loweredAt + SETTLE_MS)
    await watchUntil(crowd, loweredAt + SETTLE_MS + 2_000)
    await watchUntilTrue(crowd, () => mostAdmittedInASecond(slow()) >= 3)
    const lowEndsAt = Date.now()
    await steer(queues.at(1), scheduleId, { admitPerSecond: 25 })
    const since = () => crowd.admitted().filter(({ admittedAt }) => admittedAt >= lowEndsAt)
    await watchUntilTrue(crowd, () => mostAdmittedInASecond(since()) > 10)

    expect(mostAdmittedInASecond(slow().filter(({ admittedAt }) => admittedAt < lowEndsAt))).toBe(3)
    expect(mostAdmittedInASecond(since())).toBeLessThanOrEqual(25)
    expect(crowd.surprises).toEqual([])
  })

  test('another maxActive holds, a lower one from a second after it, and a higher one', async () => {
    const scheduleId = await roomWith({ maxActive: 30, admitPerSecond: 100, paused: true })
    const crowd = new Crowd(queues, scheduleId, ACTIVE_MS)
    await crowd.join(200)
    await steer(queues.at(0), scheduleId, { paused: false })
    await eventually(async () => {
      await crowd.lookAtWaiting()
      expect(crowd.admitted().length).toBeGreaterThanOrEqual(30)
    })
    const loweredAt = await steeredAt(1, scheduleId, { maxActive: 8 })
    // By then the time of those who are in already is over.
    await watchUntil(crowd, loweredAt + ACTIVE_MS + 1_500)
    await watchUntilTrue(crowd, () => mostActiveAtOnce(crowd.admitted(), loweredAt + SETTLE_MS) >= 8)
    const lowEndsAt = Date.now()
    await steer(queues.at(2), scheduleId, { maxActive: 25 })
    await watchUntilTrue(crowd, () => mostActiveAtOnce(crowd.admitted(), lowEndsAt) >= 25)

    const before = crowd.admitted().filter(({ admittedAt }) => admittedAt < lowEndsAt)
    expect(mostActiveAtOnce(before, loweredAt + SETTLE_MS)).toBe(8)
    expect(mostActiveAtOnce(crowd.admitted(), lowEndsAt)).toBe(25)
    expect(crowd.surprises).toEqual([])
  })

  test('past WAITING_MAX everybody is told QUEUE_FULL and when to come again, and never more than that wait', async () => {
    const scheduleId = await pausedRoom()
    const counts: number[] = []
    const joinAtOnce = async (name: string, people: number): Promise<Answer[]> => {
      const joins = Array.from({ length: people }, (_, index) =>
        queues.at(index).client.join(scheduleId, `${name}-${index}`),
      )
      const counting = queues.all.map(async (instance) => {
        for (let look = 0; look < 10; look += 1) counts.push((await watchRoom(instance, scheduleId)).waiting)
      })
      await Promise.all([...joins, ...counting])
      return Promise.all(joins)
    }
    const first = await joinAtOnce('early', 360)
    const inLine = first.filter((answer) => answer.status === 200)
    expect(inLine.length).toBe(WAITING_MAX)
    for (const answer of inLine.slice(0, 10)) await queues.at(0).client.leave(answer.data['token'])
    // A full room is remembered for a moment by each instance, so that a crowd costs it nothing.
    const late: Answer[] = []
    await eventually(async () => {
      late.push(...(await joinAtOnce(`late-${late.length}`, 30)))
      expect(late.filter((answer) => answer.status === 200).length).toBe(10)
    })
    for (const answer of [...first, ...late].filter(({ status }) => status !== 200)) {
      expect(answer).toMatchObject({ status: 503, code: 'QUEUE_FULL' })
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
    }
    expect(Math.max(...counts)).toBeLessThanOrEqual(WAITING_MAX)
    for (const instance of queues.all) {
      expect(await watchRoom(instance, scheduleId)).toMatchObject({ waiting: WAITING_MAX, active: 0 })
    }
  })

  test('who joins twice at once at a room that is full stands in it once or not at all', async () => {
    const scheduleId = await pausedRoom()
    const answers = await Promise.all(
      Array.from({ length: 2 * 360 }, (_, index) => {
        const user = Math.floor(index / 2)
        return queues.at(user + (index % 2)).client.join(scheduleId, `hasty-${user}`)
      }),
    )
    const given = answers.filter((answer) => answer.status === 200)
    expect(given.length).toBeLessThanOrEqual(WAITING_MAX)
    for (const answer of answers.filter(({ status }) => status !== 200)) {
      expect(['QUEUE_FULL', 'QUEUE_TOKEN_EXISTS']).toContain(answer.code)
    }
    // A place that was told to nobody would take the turn of somebody else.
    for (const instance of queues.all) {
      expect(await watchRoom(instance, scheduleId)).toMatchObject({ waiting: given.length, active: 0 })
    }
  })
})

/** Polls for the crowd, through all instances, until a moment has passed. */
function watchUntil(crowd: Crowd, atMs: number): Promise<void> {
  return watchUntilTrue(crowd, () => Date.now() > atMs)
}

/** Polls for the crowd, through all instances, until something is so. */
async function watchUntilTrue(crowd: Crowd, isSo: () => boolean): Promise<void> {
  await eventually(
    async () => {
      await crowd.lookAtWaiting()
      expect(isSo()).toBe(true)
    },
    { everyMs: 100 },
  )
}

describe('with three instances that let people in every five seconds', () => {
  useInstances({ ADMIT_EVERY_MS: '5000' })

  test('who finds nobody waiting and a place free is in with the answer to the join', async () => {
    const scheduleId = await roomWith({ maxActive: 9, admitPerSecond: 100 })
    const answers = await Promise.all(
      Array.from({ length: 9 }, (_, index) => queues.at(index).client.join(scheduleId, `fan-${index}`)),
    )
    const places = answers.map(placeOf)
    expect(places.map(({ status }) => status)).toEqual(places.map(() => 'ACTIVE'))
    expect(await watchRoom(queues.at(1), scheduleId)).toMatchObject({ waiting: 0, active: 9 })
  })

  test('nobody who comes later passes one who waits, though a place is free', async () => {
    const scheduleId = await roomWith({ maxActive: 1, admitPerSecond: 100 })
    const active = placeOf(await queues.at(0).client.join(scheduleId, 'active'))
    const waiting = placeOf(await queues.at(1).client.join(scheduleId, 'waiting'))
    expect([active.status, waiting.status]).toEqual(['ACTIVE', 'WAITING'])
    await queues.at(2).client.leave(active.token)
    for (const [index, instance] of queues.all.entries()) {
      expect(placeOf(await instance.client.join(scheduleId, `later-${index}`)).status).toBe('WAITING')
    }
  })

  test('a room that is turned off lets everybody past who ever joined, also those who waited before', async () => {
    const scheduleId = await roomWith({ maxActive: 1 })
    const before = await Promise.all(
      ['a', 'b', 'c', 'd'].map((user, index) => queues.at(index).client.join(scheduleId, user)),
    )
    const places = before.map(placeOf)
    expect(places.filter(({ status }) => status === 'WAITING')).toHaveLength(3)
    for (const { token, status } of places.filter((place) => place.status === 'WAITING')) {
      const verified = queues.at(1).verify({ token, scheduleId })
      await expect(verified).rejects.toMatchObject({ code: 'QUEUE_TOKEN_NOT_ACTIVE' })
      expect(status).toBe('WAITING')
    }
    await steer(queues.at(2), scheduleId, { maxActive: null })
    const after = placeOf(await queues.at(0).client.join(scheduleId, 'e'))
    for (const { token } of [...places, after]) {
      for (const instance of queues.all) {
        await expect(instance.verify({ token, scheduleId })).resolves.toMatchObject({
          scheduleId,
          activeUntilMs: 0,
        })
      }
    }
  })
})
