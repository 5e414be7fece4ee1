import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createLogger } from '@frontrow/service-host/logger'
import { eventually } from '@frontrow/test-kit/eventually'
import { createTestEnvironment } from '@frontrow/test-kit/test-environment'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'
import fc from 'fast-check'
import type { Redis } from 'ioredis'
import { createRedis } from '../src/redis.ts'
import { repliesIn } from '../src/room-replies.ts'
import { runScript } from '../src/redis-room/room-scripts.ts'
import type { ScriptName, ScriptReply } from '../src/redis-room/room-scripts.ts'

const EPOCH = 'epoch'
const FAR_MS = 3_600_000
const USERS = 6

type Step =
  | { kind: 'join' | 'leave' | 'place' | 'reissue' | 'lapse'; user: number }
  | { kind: 'crowd'; users: number[] }
  | { kind: 'open' }
  | { kind: 'admit'; batch: number }
  | { kind: 'steer'; maxActive: number | null; paused: boolean }

const user = fc.nat(USERS - 1)
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('join' as const), user }) },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant('crowd' as const),
        users: fc.uniqueArray(user, { minLength: 2 }),
      }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('leave' as const), user }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('place' as const), user }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('reissue' as const), user }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('lapse' as const), user }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('open' as const) }) },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant('admit' as const), batch: fc.integer({ min: 1, max: 4 }) }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('steer' as const),
        maxActive: fc.option(fc.integer({ min: 1, max: 4 })),
        paused: fc.boolean(),
      }),
    },
  ),
  { minLength: 5, maxLength: 60, size: 'max' },
)

/** A model of what a room should do, made of lists and without a clock. */
class ModelRoom {
  waiting: number[] = []
  active: number[] = []
  /** Users whose time is over, and whom no round has removed yet. */
  lapsed: number[] = []
  /** True once somebody joined after the opening and nobody had come early; until then the draw is due. */
  open = false
  drawn = false
  sequences = new Map<number, number>()
  lastSequence = 0
  lastAdmitted = 0
  maxActive: number | null = 2
  paused = false

  capacity(): number {
    if (this.paused || !this.drawn) return 0
    return this.maxActive === null
      ? Number.POSITIVE_INFINITY
      : Math.max(0, this.maxActive - this.active.length)
  }

  /** What a round does: ends at most `batch`, lets in at most `batch`. */
  round(batch: number): { ended: number[]; admitted: number[] } {
    const ended = this.lapsed.splice(0, batch)
    const sequences = ended.map((one) => this.sequences.get(one) ?? 0)
    for (const one of ended) this.sequences.delete(one)
    return { ended: sequences, admitted: this.admit(batch) }
  }

  lapse(one: number): void {
    this.active = this.active.filter((other) => other !== one)
    this.lapsed.push(one)
    // Those whose time ended together are in the order of their names.
    this.lapsed.sort((a, b) => a - b)
  }

  admit(batch: number): number[] {
    const admitted = this.waiting.splice(0, Math.min(batch, this.capacity()))
    this.active.push(...admitted)
    const sequences = admitted.map((one) => this.sequences.get(one) ?? 0)
    this.lastAdmitted = Math.max(this.lastAdmitted, ...sequences)
    return sequences
  }

  join(one: number): void {
    this.lastSequence += 1
    this.sequences.set(one, this.lastSequence)
    this.waiting.push(one)
    this.drawn ||= this.open
    if (this.waiting.length === 1) this.admit(1)
  }

  leave(one: number): void {
    this.waiting = this.waiting.filter((other) => other !== one)
    this.active = this.active.filter((other) => other !== one)
    this.lapsed = this.lapsed.filter((other) => other !== one)
    this.sequences.delete(one)
  }

  place(one: number): unknown[] {
    const sequence = this.sequences.get(one)
    if (sequence === undefined) return ['UNKNOWN']
    if (this.active.includes(one)) return ['ACTIVE', sequence, 0]
    if (this.lapsed.includes(one)) return ['ENDED', sequence, 0]
    return ['WAITING', sequence, this.waiting.indexOf(one)]
  }
}

let environment: TestEnvironment
let redis: Redis
let scheduleId = 1_000_000

beforeAll(async () => {
  environment = await createTestEnvironment({ topics: false })
  const logger = createLogger({ service: 'queue-test', level: 'silent' })
  redis = createRedis({ url: environment.redisUrl, commandTimeoutMs: 1_000, logger })
  await new Promise<void>((resolve) => redis.once('ready', () => resolve()))
})

afterAll(async () => {
  redis?.disconnect()
  await environment?.dispose()
})

function run(script: ScriptName, ...args: (string | number)[]): Promise<ScriptReply> {
  return runScript(redis, script, scheduleId, [EPOCH, ...args])
}

async function build(...finish: (string | number)[]): Promise<void> {
  for (const [step, ...args] of [['begin'], ['finish', ...finish]]) {
    if (step === undefined) throw new Error('a step has no name')
    const [outcome] = await runScript(redis, 'rebuild', scheduleId, [step, 'builder', EPOCH, ...args])
    expect(outcome).toBe('OK')
  }
}

interface Joining {
  one: number
  digest: string
  sequence: number
  enter: boolean
  nobodyEarly?: boolean
}

async function joinAll(joins: readonly Joining[]): Promise<ScriptReply[]> {
  const places = joins.map(({ one, digest, sequence, enter, nobodyEarly }) => {
    const mayEnter = [enter ? 1 : 0, 0, Date.now() + FAR_MS, nobodyEarly === true ? 1 : 0]
    return [`user-${one}`, digest, sequence, 0, ...mayEnter]
  })
  return repliesIn(await run('join', 1_000, FAR_MS, ...places.flat()))
}

async function join(joining: Joining): Promise<ScriptReply> {
  return only(await joinAll([joining]))
}

async function placeBy(one: number, digest: string): Promise<ScriptReply> {
  return only(repliesIn(await run('place', `user-${one}`, digest, 0)))
}

function only(replies: readonly ScriptReply[]): ScriptReply {
  const [first, ...others] = replies
  if (first === undefined || others.length > 0) throw new Error(`not one place: ${JSON.stringify(replies)}`)
  return first
}

// Of each who is let in: sequence, when it entered, how many are in, what was predicted, how long it took.
const everyFifth = (admitted: unknown, from: number): unknown[] =>
  Array.isArray(admitted) ? admitted.filter((_value, index) => index % 5 === from) : []

const placeOf = (reply: ScriptReply): unknown[] =>
  reply.length <= 2 ? [reply[0]] : [reply[0], reply[2], reply[3]]

/** Joins those of the users who have no place. The others are left out, since PostgreSQL gives nobody a second place. */
function joinModel(
  model: ModelRoom,
  digests: string[],
  users: readonly number[],
  version: number,
): Joining[] {
  return users
    .filter((one) => !model.sequences.has(one))
    .map((one) => {
      model.join(one)
      const digest = `digest-${version}-${one}`
      digests[one] = digest
      return { one, digest, sequence: model.lastSequence, enter: true, nobodyEarly: model.open }
    })
}

async function check(model: ModelRoom, digests: string[], step: Step, version: number): Promise<void> {
  switch (step.kind) {
    case 'join': {
      if (model.sequences.has(step.user)) return
      const [place] = joinModel(model, digests, [step.user], version)
      if (place === undefined) throw new Error('nobody joined')
      const reply = await join(place)
      expect(placeOf(reply)).toEqual(model.place(step.user))
      if (reply[0] === 'ACTIVE') expect(reply[7]).toBe(model.active.length)
      return
    }
    case 'crowd': {
      const joins = joinModel(model, digests, step.users, version)
      const replies = await joinAll(joins)
      const waiting = replies.filter(([status]) => status === 'WAITING').map((reply) => reply[2])
      expect(replies.map((reply) => reply[2])).toEqual(joins.map(({ sequence }) => sequence))
      expect(waiting).toEqual(joins.map(({ sequence }) => sequence).slice(joins.length - waiting.length))
      const asked = step.users.flatMap((one) => [`user-${one}`, digests[one] ?? '', 0])
      const places = repliesIn(await run('place', ...asked))
      expect(places.map((place) => placeOf(place))).toEqual(step.users.map((one) => model.place(one)))
      return
    }
    case 'reissue': {
      const sequence = model.sequences.get(step.user)
      if (sequence === undefined) return
      const old = digests[step.user] ?? ''
      digests[step.user] = `digest-${version}`
      const reply = await join({ one: step.user, digest: `digest-${version}`, sequence, enter: false })
      expect(placeOf(reply)).toEqual(model.place(step.user))
      expect((await placeBy(step.user, old))[0]).toBe('REISSUED')
      return
    }
    case 'leave':
      await run('leave', `user-${step.user}`, model.sequences.get(step.user) ?? 0)
      model.leave(step.user)
      return
    case 'place': {
      const reply = await placeBy(step.user, digests[step.user] ?? '')
      expect(placeOf(reply)).toEqual(model.place(step.user))
      return
    }
    case 'admit': {
      const reply = await run('admit', 0, Date.now() + FAR_MS, FAR_MS, FAR_MS, step.batch, 0)
      const before = model.active.length
      const { ended, admitted } = model.round(step.batch)
      expect(reply[7]).toBe(model.drawn ? 0 : 1)
      expect(everyFifth(reply[8], 0)).toEqual(admitted)
      expect(everyFifth(reply[8], 2)).toEqual(admitted.map((_one, index) => before + index + 1))
      expect(reply[9]).toEqual(ended)
      return
    }
    case 'lapse':
      if (!model.active.includes(step.user)) return
      model.lapse(step.user)
      await redis.zadd(`queue:{${scheduleId}}:active`, 1, `user-${step.user}`)
      return
    case 'open':
      model.open = true
      return
    case 'steer':
      model.maxActive = step.maxActive
      model.paused = step.paused
      await run('steer', version, step.maxActive ?? '', 10_000, step.paused ? 1 : 0)
  }
}

test('the scripts do what a list and a set would do, in any order of steps', async () => {
  await fc.assert(
    fc.asyncProperty(steps, fc.boolean(), async (sequence, drawn) => {
      scheduleId += 1
      await build(0, 2, 10_000, 0, 0, drawn ? 1 : 0)
      const model = new ModelRoom()
      model.drawn = drawn
      const digests: string[] = []
      for (const [index, step] of sequence.entries()) await check(model, digests, step, index + 1)
      const summary = await run('summary')
      const front = model.waiting[0]
      expect(summary.slice(2, 5)).toEqual([
        front === undefined ? model.lastAdmitted : (model.sequences.get(front) ?? 0) - 1,
        model.waiting.length,
        model.active.length,
      ])
    }),
    { numRuns: 600 },
  )
}, 60_000)

test('a room of another epoch, or of none, is asked for nothing', async () => {
  scheduleId += 1
  const scripts: ScriptName[] = ['admit', 'join', 'place', 'leave', 'extend', 'summary', 'steer', 'predict']
  for (const script of scripts)
    expect(await run(script, 'user', 'digest', 1, 1, 1, 1, 1, 1, 1)).toEqual(['MISSING'])
  await build(0, 2, 10, 0, 0, 1)
  for (const script of scripts) {
    expect(await runScript(redis, script, scheduleId, ['other', 'user', '', 1, 1, 1, 1, 1, 1, 1])).toEqual([
      'MISSING',
    ])
  }
})

test('of two who build a room at once one waits, and who is overtaken learns it', async () => {
  scheduleId += 1
  const step = async (name: string, builder: string): Promise<string> =>
    (await runScript(redis, 'rebuild', scheduleId, [name, builder, EPOCH, 0, 2, 10, 0, 0, 1]))[0]
  expect(await step('begin', 'first')).toBe('OK')
  expect(await step('begin', 'second')).toBe('BUSY')
  // The last step of the first builder is dated back, so that another may take over.
  await redis.hset(`queue:{${scheduleId}}:room`, 'builtAt', 1)
  expect(await step('begin', 'second')).toBe('OK')
  expect(await step('finish', 'first')).toBe('SUPERSEDED')
  expect(await step('finish', 'second')).toBe('OK')
  expect(await step('begin', 'third')).toBe('DONE')
})

test('never more than admitPerSecond are let in within any second, straight in or by a round', async () => {
  scheduleId += 1
  await build(0, 1_000, 7, 0, 0, 1)
  for (let one = 1; one <= 20; one += 1) await join({ one, digest: 'digest', sequence: one, enter: true })
  await eventually(
    async () => {
      await run('admit', 0, Date.now() + FAR_MS, FAR_MS, FAR_MS, 100, 0)
      expect(await redis.zcard(`queue:{${scheduleId}}:active`)).toBe(20)
    },
    { everyMs: 5 },
  )
  const admissions = await redis.zrangebyscore(
    `queue:{${scheduleId}}:admissions`,
    '-inf',
    '+inf',
    'WITHSCORES',
  )
  const times = admissions.filter((_value, index) => index % 2 === 1).map(Number)
  expect(times).toHaveLength(20)
  for (const at of times) {
    const inTheSecond = await redis.zcount(`queue:{${scheduleId}}:admissions`, `(${at - 1_000}`, String(at))
    expect(inTheSecond).toBeLessThanOrEqual(7)
  }
})
