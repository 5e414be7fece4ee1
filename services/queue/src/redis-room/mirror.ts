import { setTimeout as delay } from 'node:timers/promises'
import { FailureLog } from '@frontrow/failure-log/failure-log'
import type { Logger } from '@frontrow/service-host/logger'
import { isDatabaseOutage } from '@frontrow/postgres/errors'
import type { Pool } from '@frontrow/postgres/pool'
import type { Redis } from 'ioredis'
import { LRUCache } from 'lru-cache'
import { toDigest } from '../places/token-value.ts'
import { buildRoom } from './build-room.ts'
import type { RedisGate } from './redis-gate.ts'
import { listLiveRooms, readChanges, readRoomState, stateArguments } from './room-changes.ts'
import type { LiveRoom, MirroredPlace, RoomState } from './room-changes.ts'
import { keepOwners, numberAt, runScript } from './room-scripts.ts'

/** What the mirror works with. */
export interface MirrorOptions {
  gate: RedisGate
  redis: Redis
  /** Read by the mirror apart from the requests, so that neither waits for the other. */
  pool: Pool
  logger: Logger
  /** Told of people who were let in after they had been told how long it would take; seconds. */
  onEstimateProved: (predicted: number, actual: number) => void
}

/** What lies between two versions of a room, where the process that made it knows all of it. */
export interface Difference {
  from: number
  to: RoomState
  places: MirroredPlace[]
  /** Those of them that have got their token value in between. */
  newTokens: readonly Pick<MirroredPlace, 'userId' | 'tokenHash'>[]
}

interface RoomProgress {
  /** The version that the mirror had when this process looked last; 0 where that is not known. */
  version: number
  /** The version that it is to have. */
  goal: number
  /** Differences that this process has made; they save reading them again. */
  known: Difference[]
  /** The step in work, or the last one. */
  step: Promise<unknown>
  /** Resolves with the failure that ended it, if one did. */
  running: Promise<unknown> | undefined
}

const ROOMS_MAX = 5_000
// A step of this many places blocks Redis for about 6 ms.
const PAGE = 1_000
const ROOMS_AT_ONCE = 8
const KNOWN_MAX = 100
const REACH_MS = 500
// Names the database that the rooms in this Redis mirror.
const SOURCE_KEY = 'queue:source'
// Each process looks once a second or more often. So a change of a room without live places is mirrored too where the process that
// made it is killed before it could.
const JUST_CHANGED_MS = 5_000
// A Redis that comes back may have rooms that were changed and have emptied since.
const CHANGED_IN_OUTAGE_MS = 86_400_000
// Another instance builds the room, or has gone; it is looked at again after this long.
const OTHER_BUILDS_MS = 100

/**
 * Keeps the rooms in Redis as PostgreSQL has them. It is written after each commit: the difference between the version that the
 * mirror has and the newest one is read and applied in one step, so that a version that was missed, by a crash, a lost connection
 * or a Redis that lost its last second, needs no other way than the next one. Several instances may write at once: a difference
 * that does not begin at the mirror's version is refused by apply.lua.
 */
export class Mirror {
  readonly #options: MirrorOptions
  readonly #rooms = new LRUCache<number, RoomProgress>({ maxSize: ROOMS_MAX, sizeCalculation: () => 1 })
  readonly #failures: FailureLog
  readonly #page: number
  #source = ''
  #changedWithinMs = CHANGED_IN_OUTAGE_MS

  /** `page`: a difference of more places than this is read and written in several steps. */
  constructor(options: MirrorOptions, page = PAGE) {
    this.#options = options
    this.#page = page
    this.#failures = new FailureLog(options.logger, 'a waiting room could not be mirrored')
  }

  /** Names the database that is mirrored; rooms of another one are not believed. */
  get source(): string {
    return this.#source
  }

  /** The rooms that have live places, or were changed a moment ago; has their mirrors follow them. */
  async look(): Promise<LiveRoom[]> {
    const rooms = await this.#listRooms()
    for (const { scheduleId, version } of rooms) this.follow(scheduleId, version)
    return rooms
  }

  async #listRooms(): Promise<LiveRoom[]> {
    const { source, rooms } = await listLiveRooms(this.#options.pool, this.#changedWithinMs)
    this.#source = source
    this.#changedWithinMs = JUST_CHANGED_MS
    return rooms
  }

  /** Has the mirror brought to a version of the room soon; to be called after each commit, where it is known with what changed. */
  follow(scheduleId: number, version: number, difference?: Difference): void {
    const room = this.#progressOf(scheduleId)
    room.goal = Math.max(room.goal, version)
    const { isOpen } = this.#options.gate
    if (difference !== undefined && isOpen && room.known.length < KNOWN_MAX) room.known.push(difference)
    if (isOpen) this.#run(scheduleId, room)
  }

  /** Has a room built that is missing in Redis. */
  build(scheduleId: number): void {
    const room = this.#progressOf(scheduleId)
    room.version = 0
    room.goal = Math.max(room.goal, 1)
    this.#run(scheduleId, room)
  }

  /** Whether the mirror has a version within half a second. Not where Redis is away, and then at once. */
  async reaches(scheduleId: number, version: number): Promise<boolean> {
    this.follow(scheduleId, version)
    const room = this.#progressOf(scheduleId)
    if (room.version >= version) return this.#options.gate.isOpen
    if (room.running === undefined) return false
    const ended = new AbortController()
    try {
      const late = delay(REACH_MS, 'LATE' as const, { signal: ended.signal })
      // It goes on as long as versions keep coming, so that its end is not waited for.
      while (room.version < version && room.running !== undefined) {
        if ((await Promise.race([room.step, late])) === 'LATE') break
      }
    } finally {
      ended.abort()
    }
    return this.#options.gate.isOpen && room.version >= version
  }

  /**
   * Brings all rooms up to date before Redis is asked again. While PostgreSQL is away too, Redis is asked all the same, because
   * nobody else can answer.
   */
  async recover(): Promise<void> {
    for (const room of this.#rooms.values()) room.version = 0
    this.#changedWithinMs = CHANGED_IN_OUTAGE_MS
    let rooms: LiveRoom[]
    try {
      rooms = await this.#listRooms()
    } catch (error) {
      // A process that starts meanwhile takes the name that the others have left.
      this.#source ||= (await this.#options.redis.get(SOURCE_KEY)) ?? ''
      if (this.#source === '') throw error
      this.#options.logger.warn({ err: error }, 'Redis is back, and PostgreSQL can not be compared with it')
      return
    }
    await this.#options.redis.set(SOURCE_KEY, this.#source)
    for (let from = 0; from < rooms.length; from += ROOMS_AT_ONCE) {
      await Promise.all(
        rooms.slice(from, from + ROOMS_AT_ONCE).map(async ({ scheduleId, version }) => {
          const room = this.#progressOf(scheduleId)
          room.goal = Math.max(room.goal, version)
          this.#run(scheduleId, room)
          const failure = await room.running
          if (failure !== undefined && !isDatabaseOutage(failure)) throw failure
        }),
      )
    }
  }

  #progressOf(scheduleId: number): RoomProgress {
    const known = this.#rooms.get(scheduleId)
    if (known !== undefined) return known
    const room: RoomProgress = { version: 0, goal: 0, known: [], step: Promise.resolve(), running: undefined }
    this.#rooms.set(scheduleId, room)
    return room
  }

  #run(scheduleId: number, room: RoomProgress): void {
    if (room.running !== undefined || room.version >= room.goal) return
    room.running = this.#bringUpToDate(scheduleId, room).finally(() => {
      room.running = undefined
    })
  }

  /** Never rejects: the mirror is followed again after the next commit, and once a second where the room has live places. */
  async #bringUpToDate(scheduleId: number, room: RoomProgress): Promise<unknown> {
    const { gate } = this.#options
    try {
      while (room.version < room.goal) {
        const step = this.#step(scheduleId, room)
        room.step = Promise.allSettled([step])
        await step
      }
      this.#failures.succeeded()
      return undefined
    } catch (error) {
      room.version = 0
      this.#failures.failed(error, { scheduleId })
      // A mirror that can't be written grows old, so nobody is to read it.
      if (!isDatabaseOutage(error)) gate.shut('a room could not be written')
      return error
    }
  }

  async #step(scheduleId: number, room: RoomProgress): Promise<void> {
    const { redis, pool } = this.#options
    const known = takeKnown(room)
    if (known !== undefined) {
      const version = await this.#apply(scheduleId, known)
      room.version = version ?? 0
      return
    }
    const { goal } = room
    const state = await readRoomState(pool, scheduleId)
    // A database that has lost its last commits does not have the version that was to be reached.
    if (room.goal === goal) room.goal = Math.min(goal, state?.version ?? 0)
    if (state === undefined) return
    // No difference leads on from a mirror that is older than `versionMin`.
    const from = room.version < state.versionMin ? 0 : room.version
    const version = await this.#applyMissed(scheduleId, from, state)
    const isAhead = version !== undefined && version > (await this.#newestVersion(scheduleId, state, version))
    if (version !== undefined && version >= state.versionMin && !isAhead) {
      room.version = version
      return
    }
    // A mirror that is ahead of its room is one of a database that went back in time.
    const versionMin = isAhead ? version + 1 : Math.max(1, state.versionMin)
    const isBuilt = await buildRoom(redis, pool, { scheduleId, source: this.#source, versionMin })
    if (isBuilt) {
      await redis.set(SOURCE_KEY, this.#source)
      this.#options.logger.info({ scheduleId }, 'a waiting room was built from PostgreSQL')
    } else {
      await delay(OTHER_BUILDS_MS)
    }
    room.version = 0
  }

  /** The version of the room as it was read, or read again where another instance has mirrored a newer one meanwhile. */
  async #newestVersion(scheduleId: number, read: RoomState, mirrored: number): Promise<number> {
    if (mirrored <= read.version) return read.version
    return (await readRoomState(this.#options.pool, scheduleId))?.version ?? 0
  }

  /**
   * Applies what the mirror has missed, or the first page of it. A mirror of an unknown version is asked for it by a difference
   * from no version. Returns undefined also where rows were deleted since the state was read, because they may be missing.
   */
  async #applyMissed(scheduleId: number, from: number, state: RoomState): Promise<number | undefined> {
    if (from === 0) return this.#apply(scheduleId, { from, to: state, places: [], newTokens: [] })
    const { versionMin, places } = await readChanges(this.#options.pool, scheduleId, from, this.#page)
    if (from < versionMin) return undefined
    const last = places.at(-1)
    const isAll = last === undefined || places.length < this.#page || last.version >= state.version
    // A change does not say what it was of a place, so each that is live may have a new token value.
    const newTokens = places.filter(({ status }) => status !== 'E')
    const to = isAll ? state : { ...state, version: last.version }
    return this.#apply(scheduleId, { from, to, places, newTokens })
  }

  /** Returns the version that the mirror has then; undefined where it has none of this database. */
  async #apply(scheduleId: number, { from, to, places, newTokens }: Difference): Promise<number | undefined> {
    const { redis, onEstimateProved } = this.#options
    const room = [this.#source, from, ...stateArguments(to)]
    const [, [outcome, ...rest]] = await Promise.all([
      keepOwners(redis, scheduleId, newTokens),
      runScript(redis, 'apply', scheduleId, [...room, ...places.flatMap(placeArguments)]),
    ])
    if (outcome === 'MISSING') return undefined
    if (outcome === 'BEHIND') return numberAt(rest, 0)
    for (let at = 0; at < rest.length; at += 2) onEstimateProved(numberAt(rest, at), numberAt(rest, at + 1))
    return to.version
  }
}

/** Those differences that this process knows and that follow the mirror's version, as one; undefined where none does. */
function takeKnown(room: RoomProgress): Difference | undefined {
  let all: Difference | undefined
  room.known = room.known.filter((one) => {
    if (one.from < room.version) return false
    if (one.from !== (all?.to.version ?? room.version) || (all?.places.length ?? 0) >= PAGE) return true
    all = {
      from: room.version,
      to: one.to,
      places: [...(all?.places ?? []), ...one.places],
      newTokens: [...(all?.newTokens ?? []), ...one.newTokens],
    }
    return false
  })
  return all
}

function placeArguments(place: MirroredPlace): (string | number)[] {
  const { userId, tokenHash, sequence, status, seenAtMs, activeUntilMs, showUpByMs, admittedAtMs } = place
  const atMs = status === 'W' ? seenAtMs : activeUntilMs
  return [userId, toDigest(tokenHash), sequence, status, atMs, showUpByMs, admittedAtMs]
}
