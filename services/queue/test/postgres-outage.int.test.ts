import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createPool } from '@frontrow/postgres/pool'
import type { Pool } from '@frontrow/postgres/pool'
import { isRefusal } from '@frontrow/proto/refusals'
import { eventually } from '@frontrow/test-kit/eventually'
import { createTestEnvironment, OUTAGE_DEADLINES } from '@frontrow/test-kit/test-environment'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'
import { Redis } from 'ioredis'
import { findBrokenLimits } from './admission-rows.ts'
import { EventReader } from '@frontrow/test-kit/event-reader'
import { LosablePostgres } from './losable-postgres.ts'
import { expectMirrored } from './mirrored-room.ts'
import { placeOf, startQueueInstances, steer } from './queue-instances.ts'
import type { QueueInstances, SeenPlace } from './queue-instances.ts'
import { startCatalog } from './queue-under-test.ts'
import type { Answer, StandInCatalog } from './queue-under-test.ts'

// Whoever is let in and not seen for so long loses the place; less than the outages last.
const SHOW_UP_MS = 3_000
const LIMITS = { maxActive: 4, admitPerSecond: 100 }

let postgres: LosablePostgres
let environment: TestEnvironment
let catalog: StandInCatalog
let queues: QueueInstances
let pool: Pool
let redis: Redis

beforeAll(async () => {
  postgres = await LosablePostgres.start()
  environment = await createTestEnvironment()
  catalog = await startCatalog()
  queues = await startQueueInstances(environment, catalog, {
    ...OUTAGE_DEADLINES,
    DATABASE_URL: postgres.url,
    ADMIT_EVERY_MS: '100',
    SHOW_UP_MS: String(SHOW_UP_MS),
  })
  pool = createPool({
    url: postgres.url,
    applicationName: 'queue-test',
    max: 2,
    statementTimeoutMs: 5_000,
    onError: () => undefined,
  })
  redis = new Redis(environment.redisUrl)
})

afterAll(async () => {
  redis?.disconnect()
  await pool?.end()
  await queues?.stop()
  await postgres?.dispose()
  await catalog?.stop()
  await environment?.dispose()
})

/** What was answered to those who asked again and again, all instances in turn. */
class Crowd {
  readonly #scheduleId: number
  readonly #people: readonly SeenPlace[]
  readonly #active: readonly SeenPlace[]
  /** Answers that should not have come. */
  readonly surprises: string[] = []
  asked = 0

  constructor(scheduleId: number, people: { active: SeenPlace[]; waiting: SeenPlace[] }) {
    this.#scheduleId = scheduleId
    this.#active = people.active
    this.#people = [...people.active, ...people.waiting]
  }

  /** Everybody asks once. */
  async ask(): Promise<void> {
    this.asked += 1
    const instance = queues.at(this.asked)
    const polls = this.#people.map(async (person) => {
      const answer = await instance.client.place(person.token)
      if (answer.status !== 200) return this.#surprise('a poll', answer)
      const { sequence, status, queuePosition } = placeOf(answer)
      if (
        sequence !== person.sequence ||
        status !== person.status ||
        queuePosition !== person.queuePosition
      ) {
        this.surprises.push(`${person.sequence} is ${status} ${queuePosition} at ${sequence}`)
      }
    })
    const verifications = this.#active.map(async ({ token }) => {
      try {
        await instance.verify({ token, scheduleId: this.#scheduleId })
      } catch (error) {
        this.surprises.push(`VerifyToken: ${isRefusal(error) ? error.code : String(error)}`)
      }
    })
    const line = await instance.client.call('GET', `/queue/schedules/${this.#scheduleId}/now-serving`)
    if (line.status !== 200) this.#surprise('now-serving', line)
    await Promise.all([...polls, ...verifications])
  }

  #surprise(what: string, { status, code }: Answer): void {
    this.surprises.push(`${what} was answered ${status} ${code}`)
  }
}

const joinOf = async (scheduleId: number, index: number, user: string): Promise<SeenPlace> =>
  placeOf(await queues.at(index).client.join(scheduleId, user))

/** A room that is full, in which nobody but `seen` has been seen since they were let in. */
async function makeRoom() {
  const scheduleId = catalog.addSchedule()
  await steer(queues.at(0), scheduleId, LIMITS)
  const waitingIn: SeenPlace[] = []
  const seen = await joinOf(scheduleId, 0, 'seen')
  await queues.at(0).client.place(seen.token)
  const leaves = await joinOf(scheduleId, 1, 'leaves')
  await queues.at(0).client.place(leaves.token)
  const asksInOutage = await joinOf(scheduleId, 2, 'asks-in-outage')
  const silent = await joinOf(scheduleId, 0, 'silent')
  for (const [index, user] of ['first', 'second', 'third'].entries()) {
    waitingIn.push(await joinOf(scheduleId, index, user))
  }
  return { scheduleId, seen, leaves, asksInOutage, silent, waiting: waitingIn }
}

interface Loss {
  forMs: number
  /** Whether joins are given up while it lasts; otherwise some are done at its end. */
  givesUpJoins: boolean
  lose: () => Promise<void>
  restore: () => Promise<void>
}

const hang = { lose: async () => postgres.hang(), restore: async () => postgres.resume() }
const kill = { lose: () => postgres.kill(), restore: () => postgres.start() }
const stop = { lose: () => postgres.stop(), restore: () => postgres.start() }
async function expectGivenUp(joins: readonly Promise<Answer>[]): Promise<void> {
  const answers = await Promise.all(joins)
  expect(answers.map(({ status, headers }) => [status, headers.get('retry-after')])).toEqual(
    answers.map(() => [503, expect.stringMatching(/^\d+$/)]),
  )
}

const losses: [string, Loss][] = [
  ['is killed and away for 6 s', { forMs: 6_000, givesUpJoins: true, ...kill }],
  ['hangs for 6 s', { forMs: 6_000, givesUpJoins: true, ...hang }],
  ['hangs for 4 s', { forMs: 4_000, givesUpJoins: false, ...hang }],
  ['is stopped and started', { forMs: 4_000, givesUpJoins: true, ...stop }],
]

test.each(losses)(
  'while PostgreSQL %s, places, tokens and the room are answered from Redis; afterwards all of it goes on',
  async (_how, { forMs, givesUpJoins, lose, restore }) => {
    const { scheduleId, seen, leaves, asksInOutage, silent, waiting } = await makeRoom()
    const [first] = waiting
    const url = `http://127.0.0.1:${queues.at(1).httpPort}/api/v1/queue/tokens/me/events`
    const stream = await EventReader.open(url, { 'queue-token': first?.token ?? '' })
    await stream.event(1)
    await lose()
    const lostAt = Date.now()
    const joins = queues.all.map(({ client }, index) => client.join(scheduleId, `in-outage-${index}`))
    const crowd = new Crowd(scheduleId, { active: [seen, leaves, asksInOutage], waiting })
    while (Date.now() < lostAt + forMs) await crowd.ask()
    expect(crowd.surprises).toEqual([])
    expect(crowd.asked).toBeGreaterThan(5)
    expect(stream.ended).toBe(false)
    if (givesUpJoins) await expectGivenUp(joins)
    await restore()
    const answers = await Promise.all(joins)
    expect([200, 503]).toEqual(expect.arrayContaining(answers.map(({ status }) => status)))

    // Joins work again. A join that was answered 503 may have been done: then the place is there.
    for (const index of queues.all.keys()) {
      await eventually(async () => {
        const { client } = queues.at(index)
        const joined = await client.join(scheduleId, `in-outage-${index}`)
        const { status } =
          joined.code === 'QUEUE_TOKEN_EXISTS'
            ? await client.reissue(scheduleId, `in-outage-${index}`)
            : joined
        expect(status).toBe(200)
      })
    }
    // The place of who was not seen goes to the first in line, whose stream is told.
    expect(await stream.event(2)).toMatchObject({ event: 'place', data: { status: 'ACTIVE' } })
    await eventually(async () => {
      const { rows } = await pool.query<{ kind: string; sequence: number }>(
        `SELECT kind, sequence FROM room_log WHERE schedule_id = $1 AND kind <> 'ADMITTED'`,
        [scheduleId],
      )
      expect(rows).toEqual([{ kind: 'NO_SHOW', sequence: silent.sequence }])
    })
    stream.close()
    const statusOf = async ({ token }: SeenPlace, index: number) =>
      placeOf(await queues.at(index).client.place(token))
    for (const place of [seen, leaves, asksInOutage]) {
      expect(await statusOf(place, 0)).toMatchObject({ status: 'ACTIVE', sequence: place.sequence })
    }
    expect((await queues.at(2).client.leave(leaves.token)).status).toBe(204)
    await eventually(async () => {
      const places = await Promise.all(waiting.map(statusOf))
      expect(places.map(({ sequence }) => sequence)).toEqual(waiting.map(({ sequence }) => sequence))
      expect(places.map(({ queuePosition }) => queuePosition)).toEqual([0, 0, 1])
    })
    expect(await findBrokenLimits(pool, scheduleId, LIMITS)).toEqual([])
    await expectMirrored({ redis, pool }, scheduleId)
  },
)
