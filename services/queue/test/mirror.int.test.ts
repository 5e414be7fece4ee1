import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { Pool } from '@frontrow/postgres/pool'
import { inTransaction } from '@frontrow/postgres/transaction'
import { createLogger } from '@frontrow/service-host/logger'
import { createMetrics } from '@frontrow/service-host/metrics'
import { createTestEnvironment } from '@frontrow/test-kit/test-environment'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'
import { eventually } from '@frontrow/test-kit/eventually'
import fc from 'fast-check'
import type { Scheduler } from 'fast-check'
import type { Redis } from 'ioredis'
import { deleteEndedTokens } from '../src/places/queue-tokens.ts'
import { Mirror } from '../src/redis-room/mirror.ts'
import { RedisGate } from '../src/redis-room/redis-gate.ts'
import { readChanges, readRoomState } from '../src/redis-room/room-changes.ts'
import { roomKey } from '../src/redis-room/room-scripts.ts'
import { expectMirrored, readMirror, readRows } from './mirrored-room.ts'
import { connectStores } from './queue-under-test.ts'
import type { Stores } from './queue-under-test.ts'

const logger = createLogger({ service: 'queue-test', level: 'silent' })
const MIRRORS = 3
// It takes milliseconds. A counterexample is known by the first wait; while it is made smaller, nobody waits so long again.
const MIRRORED_WITHIN_MS = 20_000
const AGAIN_WITHIN_MS = 3_000
const SHRINKING_MAX_MS = 60_000
const USERS = 6
// With so few places a page, even these rooms have differences of several pages.
const PAGE = 1

let environment: TestEnvironment
let stores: Stores
let pool: Pool
let redis: Redis
let gate: RedisGate
let scheduleId = 0

beforeAll(async () => {
  environment = await createTestEnvironment({ topics: false })
  stores = await connectStores(environment)
  ;({ pool, redis } = stores)
  gate = new RedisGate({ redis, logger, metrics: createMetrics('queue', { processMetrics: false }) })
  await gate.tryOpen(async () => undefined)
})

afterAll(async () => {
  gate?.close()
  await stores?.stop()
  await environment?.dispose()
})

/** Changes of places; $1 is the room, $2 its version with the change, $3 how many or whom. */
const changes = {
  join: `
    INSERT INTO queue_tokens (schedule_id, sequence, user_id, token_hash, version)
    SELECT $1, last_sequence + row_number() OVER (ORDER BY one), 'user-' || one, sha256(gen_random_uuid()::text::bytea), $2
    FROM rooms, generate_series(1, ${USERS}) AS one
    WHERE schedule_id = $1 AND NOT EXISTS (SELECT FROM queue_tokens t WHERE t.schedule_id = $1 AND ended_at IS NULL
                                           AND user_id = 'user-' || one)
    LIMIT $3`,
  admit: `
    UPDATE queue_tokens SET status = 'ACTIVE', version = $2, activated_at = now(), show_up_by = now() + interval '90 seconds',
      active_until = now() + interval '5 minutes'
    WHERE schedule_id = $1 AND sequence = ANY (ARRAY(
      SELECT sequence FROM queue_tokens WHERE schedule_id = $1 AND status = 'WAITING' ORDER BY sequence LIMIT $3))`,
  'show up': `
    UPDATE queue_tokens SET show_up_by = NULL, version = $2
    WHERE schedule_id = $1 AND user_id = 'user-' || $3::int AND status = 'ACTIVE'`,
  reissue: `
    UPDATE queue_tokens SET token_hash = sha256(gen_random_uuid()::text::bytea), version = $2
    WHERE schedule_id = $1 AND user_id = 'user-' || $3::int AND ended_at IS NULL`,
  end: `
    UPDATE queue_tokens SET status = 'LEFT', ended_at = now(), version = $2
    WHERE schedule_id = $1 AND user_id = 'user-' || $3::int AND ended_at IS NULL`,
  // The places that a draw moves keep their versions; mirrors from before it have to be built anew.
  draw: `
    WITH moved AS (UPDATE rooms SET last_sequence = 2 * last_sequence, mirror_version_min = $2 WHERE schedule_id = $1)
    UPDATE queue_tokens t SET sequence = 2 * last_sequence + 1 - sequence
    FROM rooms r WHERE r.schedule_id = $1 AND t.schedule_id = $1 AND ended_at IS NULL AND $3::int IS NOT NULL`,
} as const

type Change = keyof typeof changes
// A mirror is told of a room, is replaced by one that knows nothing, or finds its room gone; a call to a store that waits is made.
type Step = Change | 'tidy' | 'follow' | 'replace' | 'wipe' | 'go on'

const often = (step: Step, times: number): Step[] => Array.from({ length: times }, () => step)
const steps = fc.array(
  fc.record({
    step: fc.constantFrom<Step[]>(
      ...often('join', 4),
      ...often('admit', 2),
      ...often('reissue', 2),
      'show up',
      ...often('end', 2),
      'draw',
      'tidy',
      'replace',
      'wipe',
      ...often('follow', 6),
      ...often('go on', 12),
    ),
    number: fc.integer({ min: 1, max: USERS }),
  }),
  { minLength: 10, maxLength: 80, size: 'max' },
)

function changeRows(change: Change, number: number): Promise<number> {
  return inTransaction(pool, async (tx) => {
    const { rows } = await tx.query<{ version: number }>(
      'UPDATE rooms SET version = version + 1 WHERE schedule_id = $1 RETURNING version',
      [scheduleId],
    )
    const version = rows[0]?.version ?? 0
    await tx.query(changes[change], [scheduleId, version, number])
    await tx.query(
      `UPDATE rooms SET last_sequence = greatest(last_sequence, (SELECT max(sequence) FROM queue_tokens WHERE schedule_id = $1))
       WHERE schedule_id = $1`,
      [scheduleId],
    )
    return version
  })
}

let callsInWork: Promise<unknown> = Promise.resolve()

/** A store whose calls of these names are made by `around`. */
function withCalls<T extends object>(
  store: T,
  names: readonly string[],
  around: (call: () => Promise<unknown>) => Promise<unknown>,
): T {
  return new Proxy(store, {
    get: (_store, name) => {
      const value: unknown = Reflect.get(store, name)
      if (typeof value !== 'function') return value
      const call = (...args: unknown[]): unknown => Reflect.apply(value, store, args)
      if (!names.includes(String(name))) return call
      return (...args: unknown[]) =>
        around(() => {
          const called = Promise.resolve(call(...args))
          callsInWork = Promise.allSettled([callsInWork, called])
          return called
        })
    },
  })
}

/** Returns when the calls that were made are answered, and those that follow from the answers wait for their turn. */
async function answered(): Promise<void> {
  await nextTurn()
  await callsInWork
  await nextTurn()
}

/** Mirrors in one process that take turns as several processes do: every call to a store is made when its turn has come. */
class MirrorsInTurns {
  readonly mirrors: Mirror[] = []
  readonly #turns: Scheduler
  #areHeldBack = true

  constructor(turns: Scheduler) {
    this.#turns = turns
  }

  async replace(number: number): Promise<void> {
    const mirror = new Mirror(
      {
        gate,
        redis: withCalls(redis, ['roomApply', 'roomBuild'], this.#inTurn),
        pool: withCalls(pool, ['query'], this.#inTurn),
        logger,
        onEstimateProved: () => {},
      },
      PAGE,
    )
    await this.#turns.waitFor(mirror.look())
    this.mirrors[number % MIRRORS] = mirror
  }

  at(number: number): Mirror {
    const found = this.mirrors[number % MIRRORS]
    if (found === undefined) throw new Error('no such mirror')
    return found
  }

  /** Makes so many of the calls that wait. */
  async goOn(calls: number): Promise<void> {
    for (let made = 0; made < calls && this.#turns.count() > 0; made += 1) {
      await this.#turns.waitNext(1)
      await answered()
    }
  }

  async goOnFreely(): Promise<void> {
    this.#areHeldBack = false
    while (this.#turns.count() > 0) await this.goOn(1)
  }

  readonly #inTurn = async (call: () => Promise<unknown>): Promise<unknown> => {
    if (this.#areHeldBack) await this.#turns.schedule(Promise.resolve())
    return call()
  }
}

async function take(step: Step, number: number, turns: MirrorsInTurns): Promise<void> {
  switch (step) {
    case 'go on':
      return turns.goOn(number)
    case 'wipe':
      await redis.flushdb()
      return
    case 'tidy':
      await deleteEndedTokens(pool, 0, 100)
      return
    case 'replace':
      return turns.replace(number)
    case 'follow':
      turns.at(number).follow(scheduleId, (await readRoomState(pool, scheduleId))?.version ?? 0)
      return
    case 'join': {
      // Who makes a change of joins alone knows all of it.
      const version = await changeRows(step, number)
      const to = await readRoomState(pool, scheduleId)
      const { places } = await readChanges(pool, scheduleId, version - 1, 100)
      if (to !== undefined)
        turns.at(number).follow(scheduleId, version, { from: version - 1, to, places, newTokens: places })
      return
    }
    default:
      await changeRows(step, number)
  }
}

/** A mirror that has the newest version has it to the last field. */
async function expectNewestRight(): Promise<void> {
  const [mirrored, rows] = [await readMirror(redis, scheduleId), await readRows(pool, scheduleId)]
  if (mirrored.version === rows.version) expect(mirrored).toEqual(rows)
}

test('whatever becomes of a room and in whatever order several instances mirror it, Redis has it in the end as PostgreSQL does', async () => {
  let enoughAtMs = performance.now() + 30_000
  let hasFailed = false
  await fc.assert(
    fc.asyncProperty(steps, fc.scheduler(), async (course, scheduler) => {
      // On a machine that is busy fewer courses are enough.
      if (performance.now() > enoughAtMs) return
      try {
        await runCourse(
          course,
          new MirrorsInTurns(scheduler),
          hasFailed ? AGAIN_WITHIN_MS : MIRRORED_WITHIN_MS,
        )
      } catch (error) {
        // The counterexample is made smaller for a while, and told within the time that a test has.
        if (!hasFailed) enoughAtMs = performance.now() + SHRINKING_MAX_MS
        hasFailed = true
        throw error
      }
    }),
    { numRuns: 60 },
  )
})

async function runCourse(
  course: readonly { step: Step; number: number }[],
  turns: MirrorsInTurns,
  withinMs: number,
): Promise<void> {
  await makeRoom()
  for (let number = 0; number < MIRRORS; number += 1) await turns.replace(number)
  for (const { step, number } of course) {
    await take(step, number, turns)
    await expectNewestRight()
  }
  await changeRows('join', 1)
  await turns.goOnFreely()
  await take('follow', 0, turns)
  await expectMirrored(stores, scheduleId, withinMs)
}

/** Makes the next room, the only one there is. */
async function makeRoom(): Promise<void> {
  scheduleId += 1
  for (const table of ['queue_tokens', 'rooms']) await pool.query(`DELETE FROM ${table}`)
  await pool.query('INSERT INTO rooms (schedule_id, max_active, admit_per_second) VALUES ($1, 1, 1)', [
    scheduleId,
  ])
}

test('a draw reaches a mirror that is told of it by a process that knows its version', async () => {
  await makeRoom()
  const mirror = new Mirror({ gate, redis, pool, logger, onEstimateProved: () => {} })
  await mirror.look()
  expect(await mirror.reaches(scheduleId, await changeRows('join', 4))).toBe(true)
  expect(await mirror.reaches(scheduleId, await changeRows('draw', 1))).toBe(true)
  await expectMirrored(stores, scheduleId)
})

/** Where the reads or the writes of one mirror are held back. */
class Turnstile {
  readonly #waiting: (() => void)[] = []
  #isClosed = false

  close(): void {
    this.#isClosed = true
  }

  open(): void {
    this.#isClosed = false
    for (const pass of this.#waiting.splice(0)) pass()
  }

  /** Lets one call pass, and waits for the next one. */
  async letOnePass(): Promise<void> {
    await this.isReached()
    this.#waiting.shift()?.()
    await this.isReached()
  }

  isReached(): Promise<void> {
    return eventually(() => expect(this.#waiting).toHaveLength(1), { everyMs: 2 })
  }

  mirror(holds: 'reads' | 'writes'): Mirror {
    const pass = async (call: () => Promise<unknown>): Promise<unknown> => {
      if (this.#isClosed) await new Promise<void>((open) => this.#waiting.push(open))
      return call()
    }
    const held =
      holds === 'writes'
        ? { pool, redis: withCalls(redis, ['roomApply'], pass) }
        : { pool: withCalls(pool, ['query'], pass), redis }
    return new Mirror({ gate, ...held, logger, onEstimateProved: () => {} }, PAGE)
  }
}

test.each([0, 1, 2, 3])(
  'what one instance has read before a change is not written over what another one has read after it (%i pages of it)',
  async (pages) => {
    await makeRoom()
    const [slow, quick] = [new Turnstile(), new Turnstile()]
    const [slowMirror, quickMirror] = [slow.mirror('writes'), quick.mirror('writes')]
    const version = await changeRows('join', 4)
    for (const mirror of [slowMirror, quickMirror]) {
      await mirror.look()
      expect(await mirror.reaches(scheduleId, version)).toBe(true)
    }
    await redis.hset(roomKey(scheduleId, 'room'), 'marker', 'not built again')
    slow.close()
    quick.close()
    slowMirror.follow(scheduleId, await changeRows('reissue', 1))
    await slow.isReached()
    for (const user of [1, 2, 3, 4]) {
      const newest = await changeRows('reissue', user)
      for (const mirror of [slowMirror, quickMirror]) mirror.follow(scheduleId, newest)
    }
    for (let page = 0; page < pages; page += 1) await quick.letOnePass()
    await slow.letOnePass()
    quick.open()
    expect(await quickMirror.reaches(scheduleId, version + 5)).toBe(true)
    slow.open()
    await slowMirror.reaches(scheduleId, version + 5)
    await expectMirrored(stores, scheduleId)
    // A mirror that is newer than what the slow one had read of the room is no reason to build it.
    expect(await redis.hget(roomKey(scheduleId, 'room'), 'marker')).toBe('not built again')
  },
)

test('an end that is deleted while a mirror reads what it has missed is not missed', async () => {
  await makeRoom()
  const turnstile = new Turnstile()
  const mirror = turnstile.mirror('reads')
  await mirror.look()
  expect(await mirror.reaches(scheduleId, await changeRows('join', 4))).toBe(true)
  await changeRows('end', 1)
  const newest = await changeRows('reissue', 2)
  turnstile.close()
  mirror.follow(scheduleId, newest)
  // It has read the room when it comes to the places.
  await turnstile.letOnePass()
  await deleteEndedTokens(pool, 0, 100)
  turnstile.open()
  expect(await mirror.reaches(scheduleId, newest)).toBe(true)
  await expectMirrored(stores, scheduleId)
})
