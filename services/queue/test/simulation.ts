import { expect } from '@jest/globals'
import { CoalescedCache } from '@frontrow/service-host/coalesced-cache'
import { readConfig } from '@frontrow/service-host/config'
import type { TestEnvironment } from '@frontrow/test-kit/test-environment'
import { admitWaiting } from '../src/admission/admit-waiting.ts'
import { settings } from '../src/config.ts'
import type { QueueConfig } from '../src/config.ts'
import { locatePlace } from '../src/places/locate-place.ts'
import type { PlaceNote } from '../src/places/note-place.ts'
import { deleteEndedTokens } from '../src/places/queue-tokens.ts'
import { hashToken, newTokenValue } from '../src/places/token-value.ts'
import { verifyToken } from '../src/places/verify-token.ts'
import { PostgresRoom } from '../src/postgres-room/postgres-room.ts'
import { RedisRoom } from '../src/redis-room/redis-room.ts'
import { roomDefaults } from '../src/admission/steer-waiting-room.ts'
import { Rooms } from '../src/rooms.ts'
import { admissionWindow, isOver } from '../src/schedules.ts'
import type { OnSale } from '../src/schedules.ts'
import type { LocatedPlace } from '../src/room.ts'
import type { Stores } from './queue-under-test.ts'
import { isInTime, isLive, RoomModel } from './room-model.ts'
import type { ModelPlace, ModelRules, Moment, Standing } from './room-model.ts'
import { carryOut, foretell, refusalOr } from './simulated-commands.ts'
import type { Answer, Command } from './simulated-commands.ts'
import type { SimulatedClock } from './simulated-clock.ts'
import { noteSeenAfter } from './simulated-instance.ts'
import type { SimulatedInstance } from './simulated-instance.ts'
import {
  checkLog,
  checkMirror,
  placesOf,
  readMirror,
  readPlaces,
  readRoom,
  roomOf,
} from './simulation-checks.ts'
import type { MirroredRoom } from './simulation-checks.ts'
import type { Change, Course, Note, Step, Target } from './simulation-course.ts'

const BEGIN_MS = Date.parse('2026-11-21T12:00:00Z')
const SECOND_MS = 1_000

/** Settings that make all limits of time pass within some steps. */
const RULES: readonly ModelRules[] = [
  { activeMs: 10_000, showUpMs: 4_000, activeMaxMs: 25_000, waitingMs: 30_000, waitingMax: 5 },
  { activeMs: 5_000, showUpMs: 8_000, activeMaxMs: 5_000, waitingMs: 20_000, waitingMax: 100 },
]

interface Readable {
  mirror: MirroredRoom
  behind: RoomModel | undefined
  isKnown: boolean
}

/** What a simulation runs on. */
export interface Simulated {
  environment: TestEnvironment
  clock: SimulatedClock
  instances: readonly [SimulatedInstance, SimulatedInstance]
}

/** One course: the real service and the model take the same steps and are compared after each. */
export class Simulation {
  readonly #on: Simulated
  readonly #course: Course
  readonly #config: QueueConfig
  readonly #onSale: OnSale
  readonly #tokens = new Map<string, string[]>()
  readonly #holds: Extract<Command, { kind: 'hold' }>[] = []
  /** The model as it was with each version of the room, for mirrors that are behind. */
  readonly #versions = new Map<number, RoomModel>()
  #model: RoomModel
  #version = 0
  #turnedBackMs = 0
  /** When a mirror was last seen to be behind. */
  #laggedMs = -Infinity
  #wentBack = false
  #saved: { key: string; value: Buffer }[] | undefined

  constructor(on: Simulated, course: Course) {
    const { maxActive, admitPerSecond, opensInMs, endsInMs } = course
    const rules = RULES[course.rules]
    if (rules === undefined) throw new Error('these rules are not known')
    this.#on = on
    this.#course = course
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
      roomOpensAtMs: BEGIN_MS - 3_600 * SECOND_MS,
      opensAtMs: BEGIN_MS + opensInMs,
      endsAtMs: BEGIN_MS + endsInMs,
    }
  }

  async run(): Promise<void> {
    const { clock, instances } = this.#on
    await this.#emptyRedis()
    await clock.emptyDatabase()
    await clock.set(BEGIN_MS)
    for (const instance of instances) await this.#start(instance)
    for (const instance of instances) await instance.reopen()
    for (const [index, step] of this.#course.steps.entries()) {
      try {
        await this.#take(step)
        await this.#check(instances[index % 2 === 0 ? 0 : 1])
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error)
        throw new Error(`step ${index}, ${JSON.stringify(step)}: ${message}`, { cause: error })
      }
    }
    await this.#recover()
  }

  /** Whatever has happened, the mirror has the newest version in the end. */
  async #recover(): Promise<void> {
    const { scheduleId } = this.#course
    // A build that was broken off is taken over after 3 s.
    await this.#wait(5_000)
    for (const instance of this.#on.instances) {
      // A server that went back in time is noticed by its connections, or by the next change.
      if (this.#wentBack) instance.gate.shut('the server was started')
      await instance.reopen()
      await instance.ctx.mirror.look()
      // A server that was emptied is noticed by whoever asks.
      await instance.ctx.rooms.summaryNow(scheduleId)
      await instance.settled()
      if (this.#version > 0) await instance.ctx.mirror.reaches(scheduleId, this.#version)
    }
    for (const instance of this.#on.instances) await this.#check(instance)
    if (this.#version > 0) expect(Number((await this.#mirror()).room['version'])).toBe(this.#version)
    await checkLog(this.#stores, scheduleId, this.#model)
  }

  get #stores(): Stores {
    return this.#on.instances[0].stores
  }

  get #nowMs(): number {
    return this.#on.clock.nowMs
  }

  async #wait(ms: number): Promise<void> {
    await this.#on.clock.set(this.#nowMs + ms)
  }

  #start(instance: SimulatedInstance): void {
    const schedules = new CoalescedCache({
      load: async (_scheduleId: number) => this.#onSale,
      freshMs: 0,
      max: 10,
    })
    instance.start({ config: this.#config, schedules, now: () => this.#nowMs })
  }

  #instance(by: number): SimulatedInstance {
    return this.#on.instances[by === 0 ? 0 : 1]
  }

  #moment(instance: SimulatedInstance): Moment {
    const nowMs = this.#nowMs
    return {
      scheduleId: this.#course.scheduleId,
      isOnSale: this.#onSale.status === 'ON_SALE',
      nowMs,
      ...admissionWindow(this.#onSale),
      isOver: isOver(this.#onSale, nowMs),
      endsNoShows: instance.ctx.noShowGrace.isOver,
    }
  }

  async #take(step: Step): Promise<void> {
    switch (step.kind) {
      case 'change':
        return this.#change(this.#instance(step.by), step.change)
      case 'killed':
        return this.#kill(this.#instance(step.by), step.change, step.transactions)
      case 'lost': {
        const instance = this.#instance(step.by)
        return instance.losingWrites(step.how, () => this.#change(instance, step.change, { isTold: false }))
      }
      case 'together':
        return this.#together(step.changes)
      case 'poll':
      case 'verify':
        return this.#ask(this.#instance(step.by), step)
      case 'tick':
        return this.#tick(this.#instance(step.by))
      case 'reopen':
        return this.#instance(step.by).reopen()
      case 'outage':
        return this.#instance(step.by).ctx.noShowGrace.noteOutage()
      case 'tidy':
        return this.#tidy(this.#instance(step.by))
      case 'status':
        this.#onSale.status = step.status
        return
      case 'wait':
        return this.#wait(step.ms)
      case 'turn-back':
        this.#turnedBackMs += step.ms
        return this.#wait(-step.ms)
      case 'due':
        return this.#waitUntilDue(step.offsetMs)
      case 'empty':
        return this.#emptyRedis()
      case 'save':
        this.#saved = await this.#dump()
        return
      case 'restore':
        return this.#restore(step.shuts)
    }
  }

  async #change(instance: SimulatedInstance, change: Change, { isTold = true } = {}): Promise<void> {
    const command = this.#command(change)
    if (command === undefined) return
    const answer = await carryOut(instance.ctx, this.#course.scheduleId, command)
    const expected = foretell(this.#model, command, this.#moment(instance), answer)
    // What is told of a room comes from the mirror, which does not have the change where a write was lost.
    if (isTold || command.kind !== 'steer') expect(answer.told).toEqual(expected)
    this.#keepTokens()
  }

  async #kill(instance: SimulatedInstance, change: Change, transactions: number): Promise<void> {
    const command = this.#command(change)
    const moment = this.#moment(instance)
    if (command !== undefined) {
      const isDraw = command.kind === 'draw'
      instance.beginDying(isDraw ? transactions : Infinity)
      let answer: Answer = { told: undefined, tokens: [] }
      try {
        answer = await carryOut(instance.ctx, this.#course.scheduleId, command)
      } catch (error) {
        if (!isDraw || !(error instanceof Error && error.message === 'the process has ended')) throw error
      }
      foretell(this.#model, isDraw ? { ...command, transactions } : command, moment, answer)
      this.#keepTokens()
    }
    this.#start(instance)
  }

  /** Two changes at once have the effect of one after the other, in either order. */
  async #together(changes: readonly [Change, Change]): Promise<void> {
    const [first, second] = changes.map((change) => this.#command(change))
    if (first === undefined || second === undefined) return
    const { instances } = this.#on
    const { scheduleId } = this.#course
    const commands = [this.#newcomersOnly(first), this.#newcomersOnly(second)]
    const others = new Set(commands[0]?.kind === 'join' ? commands[0].users : [])
    if (commands[1]?.kind === 'join')
      commands[1].users = commands[1].users.filter((user) => !others.has(user))
    if (commands.some((command) => command.kind === 'join' && command.users.length === 0)) return
    const moments = instances.map((instance) => this.#moment(instance))
    const answers = await Promise.all(
      commands.map((command, index) => carryOut(this.#instance(index).ctx, scheduleId, command)),
    )
    const rows = await readPlaces(this.#stores, scheduleId)
    const room = await readRoom(this.#stores, scheduleId)
    let firstDifference: unknown
    for (const order of [
      [0, 1],
      [1, 0],
    ]) {
      const model = this.#model.clone()
      try {
        for (const index of order) {
          const [command, moment, answer] = [commands[index], moments[index], answers[index]]
          if (command === undefined || moment === undefined || answer === undefined) continue
          const expected = foretell(model, command, moment, answer)
          if (command.kind === 'join') expect(answer.told).toEqual(expected)
        }
        expect(rows).toEqual(placesOf(model))
        if (room !== undefined) expect(room).toMatchObject(roomOf(model, scheduleId))
        this.#model = model
        this.#keepTokens()
        return
      } catch (error) {
        firstDifference ??= error
      }
    }
    throw firstDifference
  }

  /** Who has a place joins in several transactions, between which the other change could come. */
  #newcomersOnly(command: Command): Command {
    if (command.kind !== 'join') return command
    const users = [...new Set(command.users)].filter((user) => this.#model.liveOf(user) === undefined)
    return { kind: 'join', users }
  }

  async #ask(
    instance: SimulatedInstance,
    { kind, ...target }: { kind: 'poll' | 'verify' } & Target,
  ): Promise<void> {
    const token = this.#token(target)
    if (token === undefined) return
    const { ctx } = instance
    const { scheduleId } = this.#course
    const nowMs = this.#nowMs
    // Nothing that this process has read within the last second is taken for new.
    ctx.rooms.forgetSummary(scheduleId)
    const { behind, isKnown } = await this.#readable(instance)
    const expected = behind?.stand(token, nowMs) ?? this.#model.stand(token, nowMs)
    const place = this.#model.places.find(
      (one) => one.sequence === expected?.sequence && isInTime(one, nowMs),
    )
    const answer = await refusalOr<unknown>(
      kind === 'poll' ? locatePlace(ctx, token, {}) : verifyToken(ctx, { token }),
    )
    await ctx.notes.add(scheduleId, { kind: 'SEEN', sequence: 0 })
    if (!isKnown) return this.#adopt(place)
    if (
      expected === undefined ||
      (expected.status === 'ACTIVE' && expected.noteSeen && place === undefined)
    ) {
      expect(answer).toBe('QUEUE_TOKEN_INVALID')
      return
    }
    if (answer === 'QUEUE_TOKEN_INVALID' && this.#turnedBackMs > 0) return
    if (expected.status === 'ACTIVE' && expected.noteSeen && place !== undefined)
      this.#model.seen(place, nowMs)
    else await this.#adopt(place)
    const current = this.#model.stand(token, nowMs)
    if (kind === 'poll') {
      const { status, sequence } = expected
      expect(answer).toMatchObject({
        place: {
          status,
          sequence,
          ...(status === 'ACTIVE' ? { activeUntilMs: expected.activeUntilMs } : {}),
        },
      })
    } else if (expected.roomOff) {
      expect(answer).toMatchObject({ sequence: expected.sequence, activeUntilMs: 0 })
    } else if (expected.status === 'ACTIVE') {
      expect(answer).toMatchObject({ sequence: expected.sequence, activeUntilMs: expected.activeUntilMs })
    } else if (current?.status === 'ACTIVE') {
      const { sequence, activeUntilMs } = current
      expect(answer).toMatchObject({ sequence, activeUntilMs })
      if (place !== undefined) this.#model.seen(place, nowMs)
    } else expect(answer).toBe('QUEUE_TOKEN_NOT_ACTIVE')
    if (place?.status === 'WAITING') {
      expect(Math.max(place.seenAtMs, this.#laggedMs)).toBeGreaterThanOrEqual(
        nowMs - noteSeenAfter(this.#config),
      )
    }
  }

  /** Whether somebody who waits is due to be noted as seen is known to Redis alone; the rows tell what came of it. */
  async #adopt(place: ModelPlace | undefined): Promise<void> {
    if (place === undefined) return
    const rows = await readPlaces(this.#stores, this.#course.scheduleId)
    const row = rows.find(({ sequence }) => sequence === place.sequence)
    if (place.status === 'WAITING' ? row?.seenAtMs === this.#nowMs : row?.showUpByMs === null) {
      this.#model.seen(place, this.#nowMs)
    }
  }

  async #tick(instance: SimulatedInstance): Promise<void> {
    const { ctx } = instance
    const { scheduleId } = this.#course
    await this.#wait(SECOND_MS + this.#turnedBackMs)
    this.#turnedBackMs = 0
    await instance.reopen()
    await admitWaiting(ctx, new AbortController().signal)
    this.#model.admit(this.#moment(instance))
    if (!ctx.drawsDue.delete(scheduleId)) {
      const { isOnSale, opensAtMs, endsAtMs } = this.#moment(instance)
      const isOpen = isOnSale && this.#nowMs >= opensAtMs && this.#nowMs < endsAtMs
      expect(isOpen && !this.#model.isDrawn && this.#model.line.length > 0).toBe(false)
      return
    }
    await this.#change(instance, { kind: 'draw' })
  }

  async #tidy(instance: SimulatedInstance): Promise<void> {
    // Places are kept for days. Here they have to be kept for a second, because the rate is counted over them.
    await this.#wait(2 * SECOND_MS)
    await deleteEndedTokens(instance.ctx.pool, 0, 1_000)
    this.#model.places = this.#model.places.filter(
      (place) => isLive(place) || (place.endedAtMs ?? 0) >= this.#nowMs,
    )
  }

  async #waitUntilDue(offsetMs: number): Promise<void> {
    const { waitingMs } = this.#model.rules
    const { opensAtMs, endsAtMs } = this.#onSale
    const due = this.#model.places.filter(isLive).flatMap((place) => {
      const { status, seenAtMs, admittedAtMs, activeUntilMs, showUpByMs } = place
      if (status === 'WAITING') return [seenAtMs + waitingMs]
      return [activeUntilMs ?? 0, showUpByMs ?? 0, (admittedAtMs ?? 0) + SECOND_MS]
    })
    const next = Math.min(...[...due, opensAtMs, endsAtMs].filter((ms) => ms > this.#nowMs + 1))
    if (next < this.#nowMs + 3_600_000) await this.#wait(next + offsetMs - this.#nowMs)
  }

  /** A change with the names of those that it is about; undefined where there are none. */
  #command(change: Change): Command | undefined {
    switch (change.kind) {
      case 'join': {
        const users = this.#joining(change.users)
        return users.length === 0 ? undefined : { kind: 'join', users }
      }
      case 'notes': {
        const notes = change.notes.flatMap((note) => this.#note(note) ?? [])
        return {
          kind: 'notes',
          notes: notes.map(({ note }) => note),
          tokens: notes.map(({ token }) => token),
        }
      }
      case 'hold':
      case 'used': {
        const note = this.#note(change)?.note
        if (note?.kind !== 'EXTENDED' && note?.kind !== 'USED') return undefined
        this.#holds.push({ kind: 'hold', note })
        return { kind: 'hold', note }
      }
      case 'leave': {
        const token = this.#token(change)
        return token === undefined ? undefined : { kind: 'leave', token }
      }
      case 'reissue':
        return { kind: 'reissue', user: nameOf(change.user) }
      case 'echo':
        return this.#holds[change.index % Math.max(1, this.#holds.length)]
      case 'round':
        return { kind: 'round' }
      case 'steer': {
        const { kind, ...limits } = change
        return { kind, limits }
      }
      case 'draw':
        return { kind: 'draw', transactions: Infinity }
    }
  }

  /**
   * A crowd whose joins share one transaction. Somebody whose place is over joins in several, and so does a second join of the same
   * user where the first found the room full; these come one at a time.
   */
  #joining(numbers: readonly number[]): string[] {
    const users = numbers.map(nameOf)
    if (users.length === 1) return users
    const isSimple = (user: string): boolean => {
      const place = this.#model.liveOf(user)
      return place === undefined || isInTime(place, this.#nowMs)
    }
    const second = users.findIndex((user, index) => users.indexOf(user) < index)
    return users.filter(
      (user, index) => isSimple(user) && (users.indexOf(user) === index || index === second),
    )
  }

  #note(note: Note): { note: PlaceNote; token: string } | undefined {
    if (note.kind === 'reissue') {
      const token = newTokenValue(this.#nowMs)
      return {
        token,
        note: { kind: 'REISSUED', userId: nameOf(note.user), tokenHash: hashToken(token).full },
      }
    }
    if (note.kind === 'leave') {
      const token = this.#token(note)
      return token === undefined
        ? undefined
        : { token, note: { kind: 'LEFT', tokenHash: hashToken(token).full } }
    }
    const places = this.#model.places.filter(({ user }) => user === nameOf(note.user))
    const sequence = places.at(note.old ? -2 : -1)?.sequence
    if (sequence === undefined) return undefined
    if (note.kind === 'hold') {
      return { token: '', note: { kind: 'EXTENDED', sequence, untilMs: this.#nowMs + note.forMs } }
    }
    return { token: '', note: { kind: note.kind === 'used' ? 'USED' : 'SEEN', sequence } }
  }

  #token({ user, old }: Target): string | undefined {
    return this.#tokens.get(nameOf(user))?.at(old ? -2 : -1)
  }

  #keepTokens(): void {
    for (const { user, token } of this.#model.places) {
      const known = this.#tokens.get(user) ?? []
      if (token !== '' && !known.includes(token)) this.#tokens.set(user, [...known, token])
    }
  }

  async #keys(): Promise<string[]> {
    const { redis } = this.#stores
    const [room, owners] = await Promise.all([redis.keys('queue:{*}:*'), redis.keys('queue-token:*')])
    return [...room, ...owners]
  }

  async #emptyRedis(): Promise<void> {
    const keys = await this.#keys()
    if (keys.length > 0) await this.#stores.redis.unlink(keys)
  }

  async #dump(): Promise<{ key: string; value: Buffer }[]> {
    const keys = await this.#keys()
    const values = await Promise.all(keys.map((key) => this.#stores.redis.dumpBuffer(key)))
    return keys.flatMap((key, index) => {
      const value = values[index]
      return value ? [{ key, value }] : []
    })
  }

  /** Puts Redis back to what it was, as a server does that has lost its last writes. */
  async #restore(shuts: boolean): Promise<void> {
    if (this.#saved === undefined) return
    this.#wentBack = true
    if (shuts) for (const { gate } of this.#on.instances) gate.shut('the server was started')
    await this.#emptyRedis()
    await Promise.all(this.#saved.map(({ key, value }) => this.#stores.redis.restore(key, 0, value)))
  }

  /** The draw has moved places, and is not made: the mirror does not know them by their new sequences. */
  get #isMoving(): boolean {
    const { earlyEntries, isDrawn, places } = this.#model
    const early = earlyEntries ?? Infinity
    return !isDrawn && places.some(({ sequence }) => sequence > early && sequence <= 2 * early)
  }

  #mirror(): Promise<MirroredRoom> {
    return readMirror(this.#stores, this.#course.scheduleId)
  }

  /**
   * What an instance answers from: the model of the mirror's version, or the rows alone where there is none. `isKnown` is false for a
   * version between two steps.
   */
  async #readable(instance: SimulatedInstance): Promise<Readable> {
    const mirror = await this.#mirror()
    const { version, source } = mirror.room
    const isBelieved = instance.gate.isOpen && source === instance.ctx.mirror.source && version !== undefined
    const behind = isBelieved ? this.#versions.get(Number(version)) : undefined
    return { mirror, behind, isKnown: !isBelieved || behind !== undefined }
  }

  async #check(instance: SimulatedInstance): Promise<void> {
    const { scheduleId } = this.#course
    for (const one of this.#on.instances) {
      await one.settled()
      one.ctx.fullUntil.clear()
    }
    const [rows, room] = await Promise.all([
      readPlaces(this.#stores, scheduleId),
      readRoom(this.#stores, scheduleId),
    ])
    expect(rows).toEqual(placesOf(this.#model))
    expect(room !== undefined).toBe(this.#model.isMade)
    if (room === undefined) return
    expect(room).toMatchObject(roomOf(this.#model, scheduleId))
    expect(room.version).toBeGreaterThanOrEqual(this.#version)
    this.#version = room.version
    if (this.#isMoving) this.#versions.delete(room.version)
    else this.#versions.set(room.version, this.#model.clone())
    const { mirror, behind, isKnown } = await this.#readable(instance)
    const isNewest = mirror.room['version'] === String(room.version)
    if (!isNewest) this.#laggedMs = Math.max(this.#laggedMs, this.#nowMs)
    if (isNewest && !this.#isMoving) checkMirror(mirror, this.#model, this.#nowMs)
    if (isKnown) await this.#checkAnswers(instance, behind)
  }

  /** What both readers say of every token that was ever given out, and of the room. */
  async #checkAnswers(instance: SimulatedInstance, behind: RoomModel | undefined): Promise<void> {
    const { scheduleId } = this.#course
    const { ctx, gate, stores } = instance
    const nowMs = this.#nowMs
    const schedules = ctx.schedules
    const noteSeenAfterMs = Number.MAX_SAFE_INTEGER
    const mirror = { source: ctx.mirror.source, build: () => undefined, reaches: async () => false }
    const redis = new RedisRoom(gate, mirror, noteSeenAfterMs)
    const postgres = new PostgresRoom({
      pool: stores.pool,
      schedules,
      defaults: roomDefaults(this.#config),
      noteSeenAfterMs,
    })
    const rooms = new Rooms({ redis, postgres, mirror })
    const tokens = [...this.#tokens.values()].flat()
    const hashes = tokens.map(hashToken)
    const [told, toldByRows, summary, summaryOfRows] = await Promise.all([
      Promise.all(hashes.map((hash) => rooms.find(hash))),
      Promise.all(hashes.map((hash) => postgres.find(hash))),
      rooms.summaryNow(scheduleId),
      postgres.summary(scheduleId),
    ])
    const ofRows = tokens.map((token) => this.#model.stand(token, nowMs))
    expect(told.map(standingOf)).toEqual(
      tokens.map((token, index) => behind?.stand(token, nowMs) ?? ofRows[index]),
    )
    expect(toldByRows.map(standingOf)).toEqual(ofRows)
    expect(summary).toMatchObject(summaryOf(behind ?? this.#model, nowMs))
    expect(summaryOfRows).toMatchObject(summaryOf(this.#model, nowMs))
  }
}

function nameOf(user: number): string {
  return `user-${user}`
}

function standingOf(located: LocatedPlace | undefined): Standing | undefined {
  if (located === undefined || located.place.status === 'ACTIVE') return located?.place
  const { noteSeen: _unforeseen, ...standing } = located.place
  return standing
}

function summaryOf(model: RoomModel, nowMs: number): object {
  const { line, limits, lastAdmitted, places } = model
  const active = places.filter((place) => place.status === 'ACTIVE' && isInTime(place, nowMs)).length
  const nowServing = line[0] === undefined ? lastAdmitted : line[0].sequence - 1
  return { ...limits, nowMs, nowServing, waiting: line.length, active }
}
