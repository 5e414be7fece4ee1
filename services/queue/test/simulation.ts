import { expect } from '@jest/globals'
import { CoalescedCache } from '@frontrow/service-host/coalesced-cache'
import { readConfig } from '@frontrow/service-host/config'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'
import { admitWaiting } from '../src/admission/admit-waiting.ts'
import { settings } from '../src/config.ts'
import { deleteEndedTokens } from '../src/places/queue-tokens.ts'
import { admissionWindow, isOver } from '../src/schedules.ts'
import type { OnSale } from '../src/schedules.ts'
import { RoomComparison } from './room-comparison.ts'
import type { Mirrored, SimulatedRoom } from './room-comparison.ts'
import { isLive, RoomModel } from './room-model.ts'
import type { ModelRules, Moment } from './room-model.ts'
import type { SimulatedClock } from './simulated-clock.ts'
import { carryOut, foretell } from './simulated-commands.ts'
import type { Answer, Command } from './simulated-commands.ts'
import { PROCESS_ENDED } from './simulated-instance.ts'
import type { SimulatedInstance } from './simulated-instance.ts'
import { ask } from './simulated-questions.ts'
import type { Question } from './simulated-questions.ts'
import type { SimulatedRedis } from './simulated-redis.ts'
import { SimulatedUsers } from './simulated-users.ts'
import { checkLog, placesOf, readPlaces, readRoom, stateOf } from './simulation-checks.ts'
import type { Change, Course, Step } from './simulation-course.ts'

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

/** One course: the real service and the model take the same steps and are compared after each. */
export class Simulation {
  readonly #redis: SimulatedRedis
  readonly #steps: readonly Step[]
  readonly #onSale: OnSale
  readonly #room: SimulatedRoom
  readonly #comparison: RoomComparison
  #model: RoomModel
  #turnedBackMs = 0
  #everTurnedBack = false
  /** Redis has another state than the processes know of. It is noticed by the next change, or by a new connection. */
  #isRedisStale = false

  constructor(on: Simulated, course: Course) {
    const { scheduleId, maxActive, admitPerSecond, opensInMs, endsInMs } = course
    const { environment, clock, redis, instances } = on
    const rules = RULES[course.canBeLate ? 0 : 1]
    const config = readConfig(settings, {
      ...environment.serviceEnv('queue'),
      CATALOG_GRPC: '127.0.0.1:1',
      MAX_ACTIVE: String(maxActive),
      ADMIT_PER_SECOND: String(admitPerSecond),
      ACTIVE_MS: String(rules.activeMs),
      SHOW_UP_MS: String(rules.showUpMs),
      ACTIVE_MAX_MS: String(rules.activeMaxMs),
      WAITING_MS: String(rules.waitingMs),
      WAITING_MAX: String(rules.waitingMax),
    })
    this.#redis = redis
    this.#steps = course.steps
    this.#room = { scheduleId, config, clock, instances, users: new SimulatedUsers() }
    this.#comparison = new RoomComparison(this.#room)
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
    const { clock, instances } = this.#room
    await this.#redis.empty()
    await this.#redis.save()
    await clock.emptyDatabase()
    await clock.set(BEGIN_MS)
    for (const instance of instances) this.#start(instance)
    for (const instance of instances) await instance.reopen()
    for (const [index, step] of this.#steps.entries()) {
      try {
        const mirrored = await this.#take(step)
        for (const { ctx } of instances) ctx.fullUntil.clear()
        if (mirrored !== 'NOTHING') await this.#check(this.#instance(index % 2), mirrored)
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error)
        throw new Error(`step ${index}, ${JSON.stringify(step)}: ${message}`, { cause: error })
      }
    }
    await this.#recover()
  }

  async #check(instance: SimulatedInstance, mirrored: Mirrored): Promise<void> {
    if (await this.#comparison.check(this.#model, instance, mirrored)) this.#isRedisStale = false
  }

  /** Whatever has happened, the mirror has the newest version in the end, and the log has every admission and every end. */
  async #recover(): Promise<void> {
    const { scheduleId, instances } = this.#room
    // A build that was broken off is taken over after 3 s.
    await this.#wait(5 * SECOND_MS)
    for (const instance of instances) {
      const { gate, ctx } = instance
      if (this.#isRedisStale) gate.shut('the server was started')
      await instance.reopen()
      await ctx.mirror.look()
      // A mirror that is gone is noticed by whoever asks; one of a room without people, by its next change.
      await ctx.rooms.summaryNow(scheduleId)
      await instance.settled()
      if (this.#model.isMade) await ctx.mirror.reaches(scheduleId, this.#comparison.version)
      await this.#check(instance, 'WHATEVER')
    }
    if (!this.#model.isMade) return
    const { room } = await this.#comparison.readMirror()
    expect(room['version']).toBe(String(this.#comparison.version))
    await checkLog(instances[0].stores, scheduleId, this.#model)
  }

  get #nowMs(): number {
    return this.#room.clock.nowMs
  }

  #wait(ms: number): Promise<void> {
    return this.#room.clock.set(this.#nowMs + ms)
  }

  #start(instance: SimulatedInstance): void {
    const load = async (_scheduleId: number): Promise<OnSale> => this.#onSale
    const schedules = new CoalescedCache({ load, freshMs: 0, max: 1 })
    instance.start({ config: this.#room.config, schedules, now: () => this.#nowMs })
  }

  #instance(by: number): SimulatedInstance {
    return this.#room.instances[by === 0 ? 0 : 1]
  }

  #moment(instance: SimulatedInstance): Moment {
    const nowMs = this.#nowMs
    return {
      scheduleId: this.#room.scheduleId,
      isOnSale: this.#onSale.status === 'ON_SALE',
      nowMs,
      ...admissionWindow(this.#onSale),
      isOver: isOver(this.#onSale, nowMs),
      endsNoShows: instance.ctx.noShowGrace.isOver,
    }
  }

  async #take(step: Step): Promise<Mirrored | 'NOTHING'> {
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
        for (const { ctx } of this.#room.instances) ctx.noShowGrace.noteOutage()
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
    const redis = this.#redis
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
        if (step.shuts) for (const { gate } of this.#room.instances) gate.shut('the server was started')
        return step.what === 'replace' ? redis.replace(this.#room.scheduleId) : redis[step.what]()
    }
  }

  async #change(
    instance: SimulatedInstance,
    change: Change,
    { isLost = false } = {},
  ): Promise<Mirrored | 'NOTHING'> {
    const command = this.#room.users.commandOf(change, this.#model, this.#nowMs)
    if (command === undefined) return 'NOTHING'
    const answer = await carryOut(instance.ctx, this.#room.scheduleId, command)
    const expected = foretell(this.#model, command, this.#moment(instance), answer)
    // What is told of limits comes from the mirror, which does not have the change where a write was lost.
    if (!isLost || command.kind !== 'steer') expect(answer.told).toEqual(expected)
    this.#room.users.keepTokens(this.#model)
    return !isLost && instance.gate.isOpen ? 'CHANGED' : 'WHATEVER'
  }

  /** The process commits and ends before it has told the mirror; another one takes its place. */
  async #kill(instance: SimulatedInstance, change: Change, transactions: number): Promise<void> {
    const named = this.#room.users.commandOf(change, this.#model, this.#nowMs)
    const command = named?.kind === 'draw' ? { ...named, transactions } : named
    if (command !== undefined) {
      const moment = this.#moment(instance)
      instance.beginDying(command.kind === 'draw' ? transactions : Infinity)
      let answer: Answer = { told: undefined, tokens: [] }
      try {
        answer = await carryOut(instance.ctx, this.#room.scheduleId, command)
      } catch (error) {
        if (!(error instanceof Error) || error.message !== PROCESS_ENDED) throw error
      }
      foretell(this.#model, command, moment, answer)
      this.#room.users.keepTokens(this.#model)
    }
    this.#start(instance)
  }

  /** Two changes at once have the effect of one after the other, in one order or the other. */
  async #together(changes: readonly [Change, Change]): Promise<Mirrored | 'NOTHING'> {
    const [first, second] = changes.map((change) =>
      this.#room.users.commandOf(change, this.#model, this.#nowMs),
    )
    if (first === undefined || second === undefined) return 'NOTHING'
    const commands = newcomersOnly([first, second], this.#model)
    if (commands.some((command) => command.kind === 'join' && command.users.length === 0)) return 'NOTHING'
    const { instances } = this.#room
    const answers = await Promise.all(
      commands.map((command, index) => carryOut(this.#instance(index).ctx, this.#room.scheduleId, command)),
    )
    const rows = await readPlaces(instances[0].stores, this.#room.scheduleId)
    const room = await readRoom(instances[0].stores, this.#room.scheduleId)
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
          isTold && equal(rows, placesOf(model)) && equal(room?.state, stateOf(model, this.#room.scheduleId)),
      }
    })
    const [one, other] = outcomes
    if (one === undefined || other === undefined) throw new Error('two changes have two orders')
    // Where neither order explains the rows, the next check shows the difference from the first.
    this.#model = one.isRight || !other.isRight ? one.model : other.model
    this.#room.users.keepTokens(this.#model)
    return instances.every(({ gate }) => gate.isOpen) ? 'CHANGED' : 'WHATEVER'
  }

  async #ask(instance: SimulatedInstance, step: Extract<Step, { kind: Question }>): Promise<void> {
    const { kind, user, old } = step
    const token = this.#room.users.tokenOf({ user, old }, this.#model)
    if (token === undefined) return
    const [room, model, comparison] = [this.#room, this.#model, this.#comparison]
    await ask(kind, token, { room, instance, model, comparison, isTurnedBack: this.#everTurnedBack })
  }

  /** What the timers of a process do within a second. */
  async #tick(instance: SimulatedInstance): Promise<Mirrored | 'NOTHING'> {
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
    if (isDue && this.#model.line.length > 0) expect(ctx.drawsDue).toContain(this.#room.scheduleId)
    if (ctx.drawsDue.delete(this.#room.scheduleId)) await this.#change(instance, { kind: 'draw' })
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
