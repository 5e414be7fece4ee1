import { setTimeout as delay } from 'node:timers/promises'
import { isDatabaseTimeout, isDatabaseUnavailable } from '@frontrow/postgres/errors'
import { Batcher } from '@frontrow/service-host/batcher'
import type { Logger } from '@frontrow/service-host/logger'
import type { Pool } from '@frontrow/postgres/pool'
import type { Redis } from 'ioredis'
import type { PlaceChanges } from './place-changes.ts'
import { rebuildRoom } from './rebuild-room.ts'
import { clockOf, RedisAwayError, RoomBuildingError } from './redis-gate.ts'
import type { RedisGate } from './redis-gate.ts'
import { replayUnsynced } from './replay-unsynced.ts'
import { repliesIn, toEnteredPlace, toPlace, toRecentAdmissions, toRound, toSummary } from './room-replies.ts'
import type { AdmissionRound, Place, RoomSummary } from './room-replies.ts'
import { joinArguments } from './room-entry.ts'
import type { RoomEntry, RoomEntryWindow } from './room-entry.ts'
import { BUSY_ROOMS_KEY, roomKey, runScript } from './room-scripts.ts'
import type { ScriptName, ScriptReply } from './room-scripts.ts'
import type { Admission } from './sql/admissions.ts'
import type { RoomLimits, RoomSettings } from './sql/rooms.ts'
import { listLiveRooms } from './sql/rooms.ts'
import { UnsyncedPlaces } from './unsynced-places.ts'

/** What the rooms work with. */
export interface WaitingRoomsOptions {
  gate: RedisGate
  pool: Pool
  /** These are flushed before a room is built from PostgreSQL, or people who were let in just now would wait again. */
  changes: Pick<PlaceChanges, 'flush'>
  logger: Logger
  defaults: RoomLimits
  activeMs: number
  waitingMs: number
  waitingMax: number
}

const BUILD_WAIT_MS = 500
const BUILD_POLL_MS = 25
const SETTLE_MS = 500
const BUILDS_AT_ONCE = 8
const BUSY_MARK_EVERY_MS = 1_000
// After it was found empty, the list of busy rooms is not read for this long, unless a room gets busy in this instance.
const QUIET_MS = 1_000
// A script blocks Redis while it runs: for about 0.5 ms with this many places, and for 2 ms with as many joins.
const SHARED_MAX = 100

/** The rooms in Redis. Every method throws RedisAwayError while Redis can't be used. */
export class WaitingRooms {
  readonly #options: WaitingRoomsOptions
  readonly #building = new Map<number, Promise<void>>()
  readonly #markedBusy = new Map<number, number>()
  #quietUntil = 0
  #busyNotes = 0
  readonly #places = new Batcher<number, (string | number)[], Place>({
    batchMax: SHARED_MAX,
    send: async (scheduleId, calls) =>
      repliesIn(await this.#run('place', scheduleId, calls.flat())).map((reply) => toPlace(reply)),
  })
  readonly #joins = new Batcher<number, (string | number)[], Place>({
    batchMax: SHARED_MAX,
    send: async (scheduleId, calls) => {
      const { waitingMax, activeMs } = this.#options
      const reply = await this.#run('join', scheduleId, [waitingMax, activeMs, ...calls.flat()])
      return repliesIn(reply).map((one) => toEnteredPlace(scheduleId, one))
    },
  })
  /** Changes that may not have reached Redis. */
  readonly unsynced = new UnsyncedPlaces()

  constructor(options: WaitingRoomsOptions) {
    this.#options = options
  }

  get isOpen(): boolean {
    return this.#options.gate.isOpen
  }

  /** Puts a place in; `enter` lets a new one straight in where nobody waits and there is room. */
  async join(entry: RoomEntry, enter?: RoomEntryWindow): Promise<Place> {
    const endsAtMs = Math.min(enter?.endsAtMs ?? 0, this.#options.gate.admitUntilMs)
    const window = enter === undefined ? undefined : { ...enter, endsAtMs }
    const place = await this.#joins.add(entry.scheduleId, joinArguments(entry, window))
    if (place.status === 'WAITING' || place.status === 'ACTIVE') await this.#markBusy(entry.scheduleId)
    return place
  }

  /**
   * Where a user stands; without `digest` any token of the user will do. With `seenAfterMs` the holder is noted as seen, which
   * keeps the place alive, unless that was noted less than so long ago.
   */
  place(scheduleId: number, userId: string, digest?: string, seenAfterMs = 0): Promise<Place> {
    return this.#places.add(scheduleId, [userId, digest ?? '', seenAfterMs])
  }

  async leave(scheduleId: number, userId: string, sequence: number): Promise<void> {
    await this.#run('leave', scheduleId, [userId, sequence])
  }

  async extend(
    { scheduleId, userId, sequence }: { scheduleId: number; userId: string; sequence: number },
    untilMs: number,
    maxMs: number,
  ): Promise<Place> {
    return toPlace(await this.#run('extend', scheduleId, [userId, sequence, untilMs, maxMs]))
  }

  /** One round of admission; `over` ends the places of those who wait. */
  async admit(
    scheduleId: number,
    window: { opensAtMs: number; endsAtMs: number; over: boolean },
    batch: number,
  ): Promise<AdmissionRound> {
    const { activeMs, waitingMs } = this.#options
    const reply = await this.#run('admit', scheduleId, [
      window.opensAtMs,
      Math.min(window.endsAtMs, this.#options.gate.admitUntilMs),
      activeMs,
      waitingMs,
      batch,
      window.over ? 1 : 0,
    ])
    return toRound(scheduleId, reply)
  }

  /** Stores the wait that somebody who waits was told. */
  async predict(told: {
    scheduleId: number
    userId: string
    sequence: number
    seconds: number
  }): Promise<void> {
    await this.#run('predict', told.scheduleId, [told.userId, told.sequence, told.seconds])
  }

  /** The newest estimates of people who were let in, each with the real wait. */
  async estimates(scheduleId: number): Promise<{ predictedSeconds: number; actualSeconds: number }[]> {
    const pairs = await this.#options.gate.use((redis) =>
      redis.lrange(roomKey(scheduleId, 'estimates'), 0, -1),
    )
    return pairs.map((pair) => {
      const [predictedSeconds = 0, actualSeconds = 0] = pair.split(':').map(Number)
      return { predictedSeconds, actualSeconds }
    })
  }

  /** Admissions of the last minute after `afterMs` and up to `upToMs`, with their deadlines: as Redis has them. */
  async recentAdmissions(
    scheduleId: number,
    afterMs: number,
    upToMs: number,
  ): Promise<{ admission: Admission; untilMs: number }[]> {
    const members = await this.#options.gate.use((redis) =>
      redis.zrangebyscore(roomKey(scheduleId, 'admissions'), `(${afterMs}`, upToMs, 'WITHSCORES'),
    )
    return toRecentAdmissions(scheduleId, members)
  }

  /** Redis' clock. */
  async nowMs(): Promise<number> {
    return this.#options.gate.use((redis) => clockOf(redis))
  }

  /**
   * Drops a room that does not have the drawn order yet; whoever asks for it next builds it from PostgreSQL. A room that has the
   * drawn order stays, because people may have been let in to it.
   */
  async dropUndrawnRoom(scheduleId: number): Promise<void> {
    await this.#options.gate.use((redis) => redis.dropUndrawnRoom(roomKey(scheduleId, 'room')))
  }

  async summary(scheduleId: number): Promise<RoomSummary> {
    return toSummary(await this.#run('summary', scheduleId, []))
  }

  async steer(scheduleId: number, settings: RoomSettings): Promise<void> {
    await this.#run('steer', scheduleId, [
      settings.version,
      settings.maxActive ?? '',
      settings.admitPerSecond,
      settings.paused ? 1 : 0,
    ])
  }

  /**
   * The schedules of busy rooms, each with its mark: the time when it was last noted as busy. A room that got busy in another
   * instance is listed up to 1 s late.
   */
  async listBusy(): Promise<{ scheduleId: number; mark: string }[]> {
    if (this.isOpen && performance.now() < this.#quietUntil) return []
    const busyNotesBefore = this.#busyNotes
    const marks = await this.#options.gate.use((redis) => redis.hgetall(BUSY_ROOMS_KEY))
    const isQuiet = Object.keys(marks).length === 0 && this.#busyNotes === busyNotesBefore
    if (isQuiet) this.#quietUntil = performance.now() + QUIET_MS
    return Object.entries(marks).map(([id, mark]) => ({ scheduleId: Number(id), mark }))
  }

  /** Takes a room off the schedulers' list unless it was marked anew. */
  async forgetBusy(scheduleId: number, mark: string): Promise<void> {
    await this.#options.gate.use((redis) => redis.forgetIdleRoom(BUSY_ROOMS_KEY, scheduleId, mark))
  }

  /** Called before Redis is used: builds the rooms that are not of this epoch, and brings the others up to date. */
  async recover(redis: Redis, epoch: string): Promise<void> {
    const { pool, changes, logger, defaults } = this.#options
    try {
      await changes.flush()
      const settle = (): Promise<void> => this.settle()
      const rooms = await listLiveRooms(pool)
      for (let from = 0; from < rooms.length; from += BUILDS_AT_ONCE) {
        await Promise.all(
          rooms.slice(from, from + BUILDS_AT_ONCE).map(async (scheduleId) => {
            const outcome = await rebuildRoom(redis, pool, { scheduleId, epoch, defaults, settle })
            await redis.hset(BUSY_ROOMS_KEY, scheduleId, Date.now())
            if (outcome === 'BUILT') logger.info({ scheduleId }, 'a waiting room was built from PostgreSQL')
          }),
        )
      }
      await this.#replay(redis, epoch)
    } catch (error) {
      // The other rooms are built when somebody asks for them, since their epoch shows that they are out of date.
      logger.warn({ err: error }, 'not all waiting rooms could be built in advance')
    } finally {
      this.#noteBusy()
    }
  }

  /** Writes to Redis the changes that it may have missed. */
  async replayUnsynced(): Promise<void> {
    if (this.unsynced.size === 0) return
    const { redis, epoch } = this.#options.gate.connection()
    await this.#replay(redis, epoch)
  }

  async #replay(redis: Redis, epoch: string): Promise<void> {
    const { pool, changes } = this.#options
    try {
      await changes.flush()
      await replayUnsynced({ redis, epoch, pool, unsynced: this.unsynced })
    } finally {
      this.#noteBusy()
    }
  }

  async #run(script: ScriptName, scheduleId: number, args: (string | number)[]): Promise<ScriptReply> {
    const run = (): Promise<ScriptReply> =>
      this.#options.gate.use((redis, epoch) => runScript(redis, script, scheduleId, [epoch, ...args]))
    const reply = await run()
    if (reply[0] !== 'MISSING') return reply
    await this.#ensureBuilt(scheduleId)
    const second = await run()
    if (second[0] === 'MISSING') throw new RoomBuildingError(`room ${scheduleId} is being built`)
    return second
  }

  /** Builds a missing room; a long build goes on while its callers are served from PostgreSQL. */
  async #ensureBuilt(scheduleId: number): Promise<void> {
    let building = this.#building.get(scheduleId)
    if (building === undefined) {
      building = this.#build(scheduleId).finally(() => this.#building.delete(scheduleId))
      this.#building.set(scheduleId, building)
    }
    let timer: NodeJS.Timeout | undefined
    const tooLate = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(
        () => reject(new RoomBuildingError(`room ${scheduleId} is being built`)),
        BUILD_WAIT_MS,
      )
    })
    try {
      await Promise.race([building, tooLate])
    } finally {
      clearTimeout(timer)
    }
  }

  /** Waits until what Redis decided a moment ago is in the rows: instances note it five times a second. */
  async settle(): Promise<void> {
    await delay(SETTLE_MS)
    await this.#options.changes.flush()
  }

  async #build(scheduleId: number): Promise<void> {
    const { gate, pool, changes, defaults, logger } = this.#options
    const deadline = Date.now() + BUILD_WAIT_MS
    try {
      // An instance that stood still may have an old epoch, under which it would replace a good room. This check shuts its gate.
      await gate.keepLease()
      const { redis, epoch } = gate.connection()
      await changes.flush()
      for (;;) {
        const settle = (): Promise<void> => this.settle()
        const outcome = await rebuildRoom(redis, pool, { scheduleId, epoch, defaults, settle })
        if (outcome === 'BUILT') logger.debug({ scheduleId }, 'a waiting room was built from PostgreSQL')
        if (outcome !== 'BUSY') break
        if (Date.now() > deadline) throw new RoomBuildingError('another instance builds it')
        await delay(BUILD_POLL_MS)
      }
    } catch (error) {
      if (error instanceof RoomBuildingError) throw error
      if (isDatabaseUnavailable(error) || isDatabaseTimeout(error)) throw error
      throw new RedisAwayError(`room ${scheduleId} could not be built`, { cause: error })
    }
    this.#markedBusy.delete(scheduleId)
    await this.#markBusy(scheduleId)
  }

  /** Has the list of busy rooms read by the next round, because a room may have got busy. */
  #noteBusy(): void {
    this.#busyNotes += 1
    this.#quietUntil = 0
  }

  async #markBusy(scheduleId: number): Promise<void> {
    const now = Date.now()
    if (now - (this.#markedBusy.get(scheduleId) ?? 0) < BUSY_MARK_EVERY_MS) return
    this.#markedBusy.set(scheduleId, now)
    this.#noteBusy()
    try {
      await this.#options.gate.use((redis) => redis.hset(BUSY_ROOMS_KEY, scheduleId, now))
    } catch (error) {
      this.#markedBusy.delete(scheduleId)
      throw error
    }
  }
}
