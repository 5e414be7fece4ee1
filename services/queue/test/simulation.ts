import { expect } from '@jest/globals'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'
import { CoalescedCache } from '@frontrow/service-host/coalesced-cache'
import { readConfig } from '@frontrow/service-host/config'
import { admitWaiting } from '../src/admission/admit-waiting.ts'
import { settings } from '../src/config.ts'
import type { QueueConfig } from '../src/config.ts'
import { locatePlace } from '../src/places/locate-place.ts'
import { deleteEndedTokens } from '../src/places/queue-tokens.ts'
import { verifyToken } from '../src/places/verify-token.ts'
import { admissionWindow, isOver } from '../src/schedules.ts'
import type { OnSale } from '../src/schedules.ts'
import type { Stores } from './queue-under-test.ts'
import { isInTime, isLive, RoomModel } from './room-model.ts'
import type { ModelPlace, ModelRules, Moment, Standing } from './room-model.ts'
import { carryOut, foretell, refusalOr } from './simulated-commands.ts'
import type { Answer, Command } from './simulated-commands.ts'
import type { SimulatedClock } from './simulated-clock.ts'
import { noteSeenAfter, PROCESS_ENDED } from './simulated-instance.ts'
import type { SimulatedInstance } from './simulated-instance.ts'
import type { SimulatedRedis } from './simulated-redis.ts'
import { SimulatedUsers } from './simulated-users.ts'
import {
  checkAnswers,
  checkLog,
  checkMirror,
  placesOf,
  readMirror,
  readPlaces,
  readRoom,
  stateOf,
} from './simulation-checks.ts'
import type { MirroredRoom } from './simulation-checks.ts'
import type { Change, Course, Step, Target } from './simulation-course.ts'

const BEGIN_MS = Date.parse('2026-11-21T12:00:00Z')
const SECOND_MS = 1_000
const HOUR_MS = 3_600_000

/** Settings that make all limits of time pass within some steps. In the second nobody can be late, and everybody's time is up. */
const RULES: readonly [ModelRules, ModelRules] = [
  { activeMs: 10_000, showUpMs: 4_000, activeMaxMs: 25_000, waitingMs: 30_000, waitingMax: 5 },
  { activeMs: 5_000, showUpMs: 8_000, activeMaxMs: 5_000, waitingMs: 20_000, waitingMax: 100 },
]

/** What a simulation runs on. */
export interface Simulated {
  environment: TestEnvironment
  clock: SimulatedClock
  redis: SimulatedRedis
  instances: readonly [SimulatedInstance, SimulatedInstance]
}

/** What the mirror has to have after a step. CHANGED: everything, where the step has changed the room. */
type Mirrored = 'EVERYTHING' | 'CHANGED' | 'WHATEVER'

interface Readable {
  mirror: MirroredRoom
  behind: RoomModel | undefined
  isKnown: boolean
}

/** One course: the real service and the model take the same steps and are compared after each. */
export class Simulation {
  readonly #on: Simulated
  readonly #steps: readonly Step[]
  readonly #scheduleId: number
  readonly #config: QueueConfig
  readonly #onSale: OnSale
  readonly #users = new SimulatedUsers()
  /** The model as it was with each version of the room, for mirrors that are behind. */
  readonly #versions = new Map<number, RoomModel>()
  #model: RoomModel
  #version = 0
  #turnedBackMs = 0
  #everTurnedBack = false
  /** Redis has another state than the processes know of. It is noticed by the next change, or by a new connection. */
  #isRedisStale = false
  /** When a mirror was last seen to be behind. */
  #laggedMs = -Infinity

  constructor(on: Simulated, course: Course) {
    const { maxActive, admitPerSecond, opensInMs, endsInMs } = course
    const rules = RULES[course.canBeLate ? 0 : 1]
    this.#on = on
    this.#steps = course.steps
    this.#scheduleId = course.scheduleId
    this.#config = readConfig(settings, {
      ...on.environment.serviceEnv('queue'),
      CATALOG_GRPC: '127.0.0.1:1',
      MAX_ACTIVE: String(maxActive),
      ADMIT_PER_SECOND: String(admitPerSecond),
      ACTIVE_MS: String(rules.activeMs),
      SHOW_UP_MS: String(rules.showUpMs),
      ACTIVE_MAX_MS: String(rules.activeMaxMs),
      WAITING_MS: String(rules.waitingMs),
      WAITING_MAX: String(rules.waitingMax),
    })
    this.#model = new RoomModel({ maxActive, admitPerSecond, paused: false }, rules)
    this.#onSale = {
      status: 'ON_SALE',
      roomOpensAtMs: BEGIN_MS - HOUR_MS,
      opensAtMs: BEGIN_MS + opensInMs,
      endsAtMs: BEGIN_MS + endsInMs,
    }
  }

  /** Fails where the service and the model differ, and says at which step. */
  async run(): Promise<void> {
    const { clock, redis, instances } = this.#on
    await redis.empty()
    await redis.save()
    await clock.emptyDatabase()
    await clock.set(BEGIN_MS)
    for (const instance of instances) this.#start(instance)
    for (const instance of instances) await instance.reopen()
    for (const [index, step] of this.#steps.entries()) {
      try {
        const mirrored = await this.#take(step)
        await this.#check(this.#instance(index % 2), mirrored)
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error)
        throw new Error(`step ${index}, ${JSON.stringify(step)}: ${message}`, { cause: error })
      }
    }
    await this.#recover()
  }

  /** Whatever has happened, the mirror has the newest version in the end, and the log has every admission and every end. */
  async #recover(): Promise<void> {
    // A build that was broken off is taken over after 3 s.
    await this.#wait(5 * SECOND_MS)
    for (const instance of this.#on.instances) {
      const { gate, ctx } = instance
      if (this.#isRedisStale) gate.shut('the server was started')
      await instance.reopen()
      await ctx.mirror.look()
      // A mirror that is gone is noticed by whoever asks; one of a room without people, by its next change.
      await ctx.rooms.summaryNow(this.#scheduleId)
      await instance.settled()
      if (this.#model.isMade) await ctx.mirror.reaches(this.#scheduleId, this.#version)
      await this.#check(instance, 'WHATEVER')
    }
    if (!this.#model.isMade) return
    expect((await this.#readMirror()).room['version']).toBe(String(this.#version))
    await checkLog(this.#stores, this.#scheduleId, this.#model)
  }

  get #stores(): Stores {
    return this.#on.instances[0].stores
  }

  get #nowMs(): number {
    return this.#on.clock.nowMs
  }

  #wait(ms: number): Promise<void> {
    return this.#on.clock.set(this.#nowMs + ms)
  }

  #readMirror(): Promise<MirroredRoom> {
    return readMirror(this.#stores, this.#scheduleId)
  }

  #start(instance: SimulatedInstance): void {
    const load = async (_scheduleId: number): Promise<OnSale> => this.#onSale
    const schedules = new CoalescedCache({ load, freshMs: 0, max: 1 })
    instance.start({ config: this.#config, schedules, now: () => this.#nowMs })
  }

  #instance(by: number): SimulatedInstance {
    return this.#on.instances[by === 0 ? 0 : 1]
  }

  #moment(instance: SimulatedInstance): Moment {
    const nowMs = this.#nowMs
    return {
      scheduleId: this.#scheduleId,
      isOnSale: this.#onSale.status === 'ON_SALE',
      nowMs,
      ...admissionWindow(this.#onSale),
      isOver: isOver(this.#onSale, nowMs),
      endsNoShows: instance.ctx.noShowGrace.isOver,
    }
  }

  async #take(step: Step): Promise<Mirrored> {
    const instance = this.#instance('by' in step ? step.by : 0)
    switch (step.kind) {
      case 'change':
        return this.#change(instance, step.change)
      case 'killed':
        await this.#kill(instance, step.change, step.transactions)
        return 'WHATEVER'
      case 'lost':
        await instance.losingWrites(step.how, () => this.#change(instance, step.change, { isLost: true }))
        return 'WHATEVER'
      case 'together':
        return this.#together(step.changes)
      case 'poll':
      case 'verify':
        await this.#ask(instance, step)
        return 'WHATEVER'
      case 'tick':
        return this.#tick(instance)
      case 'reopen':
        await instance.reopen()
        return 'WHATEVER'
      case 'outage':
        instance.ctx.noShowGrace.noteOutage()
        return 'WHATEVER'
      case 'tidy':
        await this.#tidy(instance)
        return 'WHATEVER'
      case 'status':
        this.#onSale.status = step.status
        return 'WHATEVER'
      default:
        await this.#happen(step)
        return 'WHATEVER'
    }
  }

  /** What comes from outside of the service. */
  async #happen(step: Extract<Step, { kind: 'wait' | 'turn-back' | 'due' | 'redis' }>): Promise<void> {
    const { redis, instances } = this.#on
    switch (step.kind) {
      case 'wait':
        return this.#wait(step.ms)
      case 'turn-back':
        this.#turnedBackMs += step.ms
        this.#everTurnedBack = true
        return this.#wait(-step.ms)
      case 'due':
        return this.#waitUntilDue(step.offsetMs)
      case 'redis':
        if (step.what === 'save') return redis.save()
        this.#isRedisStale = true
        if (step.shuts) for (const { gate } of instances) gate.shut('the server was started')
        return step.what === 'replace' ? redis.replace(this.#scheduleId) : redis[step.what]()
    }
  }

  async #change(instance: SimulatedInstance, change: Change, { isLost = false } = {}): Promise<Mirrored> {
    const command = this.#users.commandOf(change, this.#model, this.#nowMs)
    if (command === undefined) return 'WHATEVER'
    const answer = await carryOut(instance.ctx, this.#scheduleId, command)
    const expected = foretell(this.#model, command, this.#moment(instance), answer)
    // What is told of limits comes from the mirror, which does not have the change where a write was lost.
    if (!isLost || command.kind !== 'steer') expect(answer.told).toEqual(expected)
    this.#users.keepTokens(this.#model)
    return !isLost && instance.gate.isOpen ? 'CHANGED' : 'WHATEVER'
  }

  /** The process commits and ends before it has told the mirror; another one takes its place. */
  async #kill(instance: SimulatedInstance, change: Change, transactions: number): Promise<void> {
    const named = this.#users.commandOf(change, this.#model, this.#nowMs)
    const command = named?.kind === 'draw' ? { ...named, transactions } : named
    if (command !== undefined) {
      const moment = this.#moment(instance)
      instance.beginDying(command.kind === 'draw' ? transactions : Infinity)
      let answer: Answer = { told: undefined, tokens: [] }
      try {
        answer = await carryOut(instance.ctx, this.#scheduleId, command)
      } catch (error) {
        if (!(error instanceof Error) || error.message !== PROCESS_ENDED) throw error
      }
      foretell(this.#model, command, moment, answer)
      this.#users.keepTokens(this.#model)
    }
    this.#start(instance)
  }

  /** Two changes at once have the effect of one after the other, in one order or the other. */
  async #together(changes: readonly [Change, Change]): Promise<Mirrored> {
    const [first, second] = changes.map((change) => this.#users.commandOf(change, this.#model, this.#nowMs))
    if (first === undefined || second === undefined) return 'WHATEVER'
    const commands = newcomersOnly([first, second], this.#model)
    if (commands.some((command) => command.kind === 'join' && command.users.length === 0)) return 'WHATEVER'
    const { instances } = this.#on
    const answers = await Promise.all(
      commands.map((command, index) => carryOut(this.#instance(index).ctx, this.#scheduleId, command)),
    )
    const rows = await readPlaces(this.#stores, this.#scheduleId)
    const room = await readRoom(this.#stores, this.#scheduleId)
    const done = commands.map((command, index) => ({
      command,
      answer: answers[index] ?? { told: undefined, tokens: [] },
      moment: this.#moment(this.#instance(index)),
    }))
    const outcomes = [done, done.toReversed()].map((order) => {
      const model = this.#model.clone()
      const told = order.map(({ command, moment, answer }) => foretell(model, command, moment, answer))
      const isTold = order.every(({ command, answer }, index) =>
        command.kind === 'join' ? equal(answer.told, told[index]) : true,
      )
      return {
        model,
        isRight:
          isTold && equal(rows, placesOf(model)) && equal(room?.state, stateOf(model, this.#scheduleId)),
      }
    })
    const [one, other] = outcomes
    if (one === undefined || other === undefined) throw new Error('two changes have two orders')
    // Where neither order explains the rows, the next check shows the difference from the first.
    this.#model = one.isRight || !other.isRight ? one.model : other.model
    this.#users.keepTokens(this.#model)
    return instances.every(({ gate }) => gate.isOpen) ? 'CHANGED' : 'WHATEVER'
  }

  async #ask(
    instance: SimulatedInstance,
    { kind, ...target }: { kind: 'poll' | 'verify' } & Target,
  ): Promise<void> {
    const token = this.#users.tokenOf(target)
    if (token === undefined) return
    const { ctx } = instance
    const nowMs = this.#nowMs
    // Nothing that this process has read within the last second is taken for new.
    ctx.rooms.forgetSummary(this.#scheduleId)
    const { behind, isKnown } = await this.#readable(instance)
    const expected = behind?.stand(token, nowMs) ?? this.#model.stand(token, nowMs)
    const place = this.#model.places.find(
      (one) => one.sequence === expected?.sequence && isInTime(one, nowMs),
    )
    const answer = await refusalOr<unknown>(
      kind === 'poll' ? locatePlace(ctx, token, {}) : verifyToken(ctx, { token }),
    )
    // Notes follow each other, so that whatever the answer has noted is done after this one, which is about nobody.
    await ctx.notes.add(this.#scheduleId, { kind: 'SEEN', sequence: 0, atMs: nowMs })
    const isLate = expected?.status === 'ACTIVE' && expected.noteSeen && place === undefined
    if (isKnown && (expected === undefined || isLate)) expect(answer).toBe('QUEUE_TOKEN_INVALID')
    // A process remembers which tokens are over, also where the clock is turned back.
    if (expected === undefined || isLate || !isKnown) return this.#adoptSeen(place)
    if (answer === 'QUEUE_TOKEN_INVALID' && this.#everTurnedBack) return this.#adoptSeen(place)
    // Who was let in and is asked for by a purchase has shown up, also where the mirror has not heard of the admission yet.
    const isShown = expected.status === 'ACTIVE' ? expected.noteSeen : kind === 'verify' && !expected.roomOff
    if (place?.status === 'ACTIVE' && isShown) this.#model.seen(place, nowMs)
    await this.#adoptSeen(place)
    if (kind === 'poll') expectPolled(answer, expected)
    else expectVerified(answer, expected, this.#model.stand(token, nowMs))
    if (place?.status === 'WAITING') {
      const latestMs = Math.max(place.seenAtMs, this.#laggedMs)
      expect(latestMs).toBeGreaterThanOrEqual(nowMs - noteSeenAfter(this.#config))
    }
  }

  /** Whether somebody who was seen is due to be noted is known to Redis alone; the rows tell what came of it. */
  async #adoptSeen(place: ModelPlace | undefined): Promise<void> {
    if (place === undefined) return
    const rows = await readPlaces(this.#stores, this.#scheduleId)
    const row = rows.find(({ sequence }) => sequence === place.sequence)
    const isSeen = place.status === 'WAITING' ? row?.seenAtMs === this.#nowMs : row?.showUpByMs === null
    if (isSeen) this.#model.seen(place, this.#nowMs)
  }

  /** What the timers of a process do within a second. */
  async #tick(instance: SimulatedInstance): Promise<Mirrored> {
    const { ctx } = instance
    // A room where nobody is live is left alone.
    const isWatched = this.#model.places.some(isLive) && !this.#isRedisStale
    await this.#wait(SECOND_MS + this.#turnedBackMs)
    this.#turnedBackMs = 0
    await instance.reopen()
    await admitWaiting(ctx, new AbortController().signal)
    const moment = this.#moment(instance)
    this.#model.admit(moment)
    const { isOnSale, nowMs, opensAtMs, endsAtMs } = moment
    const isDue = isOnSale && nowMs >= opensAtMs && nowMs < endsAtMs && !this.#model.isDrawn
    if (isDue && this.#model.line.length > 0) expect(ctx.drawsDue).toContain(this.#scheduleId)
    if (ctx.drawsDue.delete(this.#scheduleId)) await this.#change(instance, { kind: 'draw' })
    return isWatched ? 'EVERYTHING' : 'WHATEVER'
  }

  async #tidy(instance: SimulatedInstance): Promise<void> {
    // Places are kept for days. Here they have to be kept for a second, because the rate is counted over them.
    await this.#wait(2 * SECOND_MS)
    await deleteEndedTokens(instance.ctx.pool, 0, 1_000)
    this.#model.places = this.#model.places.filter(
      (place) => isLive(place) || (place.endedAtMs ?? 0) >= this.#nowMs,
    )
  }

  /** Moves the clock to the next deadline, or next to it. */
  async #waitUntilDue(offsetMs: number): Promise<void> {
    const { waitingMs } = this.#model.rules
    const due = this.#model.places.filter(isLive).flatMap((place) => {
      const { status, seenAtMs, admittedAtMs, activeUntilMs, showUpByMs } = place
      if (status === 'WAITING') return [seenAtMs + waitingMs]
      return [activeUntilMs ?? 0, showUpByMs ?? 0, (admittedAtMs ?? 0) + SECOND_MS]
    })
    const { opensAtMs, endsAtMs } = this.#onSale
    const next = Math.min(...[...due, opensAtMs, endsAtMs].filter((ms) => ms > this.#nowMs + 1))
    if (next < BEGIN_MS + HOUR_MS) await this.#wait(next + offsetMs - this.#nowMs)
  }

  /** The draw has moved places and is not made: mirrors have them by their old sequences or by the new ones. */
  get #isMoving(): boolean {
    const { earlyEntries, isDrawn, places } = this.#model
    const entries = earlyEntries ?? Infinity
    return !isDrawn && places.some(({ sequence }) => sequence > entries && sequence <= 2 * entries)
  }

  /**
   * What an instance answers from: the mirror, which is as the model was with its version, or the rows alone. `isKnown` is false for a
   * version between two steps.
   */
  async #readable(instance: SimulatedInstance): Promise<Readable> {
    const mirror = await this.#readMirror()
    const { version, source } = mirror.room
    const isBelieved = instance.gate.isOpen && source === instance.ctx.mirror.source && version !== undefined
    const behind = isBelieved ? this.#versions.get(Number(version)) : undefined
    return { mirror, behind, isKnown: !isBelieved || behind !== undefined }
  }

  /** Compares everything with the model. */
  async #check(instance: SimulatedInstance, mirrored: Mirrored): Promise<void> {
    for (const one of this.#on.instances) {
      await one.settled()
      one.ctx.fullUntil.clear()
    }
    const [rows, room] = await Promise.all([
      readPlaces(this.#stores, this.#scheduleId),
      readRoom(this.#stores, this.#scheduleId),
    ])
    expect(rows).toEqual(placesOf(this.#model))
    expect(room === undefined).toBe(!this.#model.isMade)
    if (room === undefined) return
    const { version, state } = room
    expect(state).toEqual(stateOf(this.#model, this.#scheduleId))
    expect(version).toBeGreaterThanOrEqual(this.#version)
    const isMirrored = mirrored === 'EVERYTHING' || (mirrored === 'CHANGED' && version > this.#version)
    this.#version = version
    if (this.#isMoving) this.#versions.delete(version)
    else this.#versions.set(version, this.#model.clone())
    if (isMirrored) await this.#expectMirrored(version)
    const { mirror, behind, isKnown } = await this.#readable(instance)
    const isNewest = mirror.room['version'] === String(version)
    if (!isNewest) this.#laggedMs = Math.max(this.#laggedMs, this.#nowMs)
    if (isNewest && mirror.room['source'] === instance.ctx.mirror.source && !this.#isMoving) {
      checkMirror(mirror, this.#model, this.#nowMs)
    }
    if (!isKnown) return
    const { ctx, gate, stores } = instance
    const asked = { config: this.#config, scheduleId: this.#scheduleId, nowMs: this.#nowMs }
    await checkAnswers({ ctx, gate, stores }, asked, this.#users.allTokens, this.#model, behind)
  }

  async #expectMirrored(version: number): Promise<void> {
    const isThere = async (): Promise<boolean> => {
      const { room } = await this.#readMirror()
      // Who has begun to build it and has ended in between keeps the others waiting for 3 s of the clock.
      return room['version'] === String(version) || room['builder'] !== undefined
    }
    for (let attempt = 0; attempt < 10 && !(await isThere()); attempt += 1) {
      for (const instance of this.#on.instances) await instance.settled()
    }
    expect(await isThere()).toBe(true)
    this.#isRedisStale = false
  }
}

/** Who has a place joins in several transactions, between which the other change could come; so only newcomers join. */
function newcomersOnly(commands: readonly Command[], model: RoomModel): Command[] {
  const taken = new Set<string>()
  return commands.map((command) => {
    if (command.kind !== 'join') return command
    const users = [...new Set(command.users)].filter(
      (user) => model.liveOf(user) === undefined && !taken.has(user),
    )
    for (const user of users) taken.add(user)
    return { kind: 'join', users }
  })
}

function equal(one: unknown, other: unknown): boolean {
  try {
    expect(one).toEqual(other)
    return true
  } catch {
    return false
  }
}

function expectPolled(answer: unknown, expected: Standing): void {
  const { status, sequence } = expected
  // Positions from rows may be a second old; checkAnswers compares new ones.
  const deadline = expected.status === 'ACTIVE' ? { activeUntilMs: expected.activeUntilMs } : {}
  expect(answer).toMatchObject({ place: { status, sequence, ...deadline } })
}

/** `current`: where the place stands by the rows, which are asked before somebody is refused. */
function expectVerified(answer: unknown, expected: Standing, current: Standing | undefined): void {
  const { sequence } = expected
  if (expected.roomOff) expect(answer).toMatchObject({ sequence, activeUntilMs: 0 })
  else if (expected.status === 'ACTIVE') {
    expect(answer).toMatchObject({ sequence, activeUntilMs: expected.activeUntilMs })
  } else if (current?.status === 'ACTIVE') {
    expect(answer).toMatchObject({ sequence: current.sequence, activeUntilMs: current.activeUntilMs })
  } else expect(answer).toBe('QUEUE_TOKEN_NOT_ACTIVE')
}
