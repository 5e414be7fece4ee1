import type { Pool } from '@frontrow/postgres/pool'
import { createLogger } from '@frontrow/service-host/logger'
import { createMetrics } from '@frontrow/service-host/metrics'
import { ReplyError } from 'ioredis'
import type { Redis } from 'ioredis'
import { LRUCache } from 'lru-cache'
import { AdmissionCounts } from '../src/admission/admission-counts.ts'
import { BusyRooms } from '../src/admission/admit-waiting.ts'
import { NoShowGrace } from '../src/admission/no-shows.ts'
import { roomDefaults } from '../src/admission/steer-waiting-room.ts'
import type { QueueConfig } from '../src/config.ts'
import type { QueueContext } from '../src/context.ts'
import { createEvents } from '../src/events.ts'
import { createJoinCheck } from '../src/join-check/create-join-check.ts'
import { createJoinBatches } from '../src/places/join-batches.ts'
import { createPlaceLooks } from '../src/places/place-looks.ts'
import { createPlaceNotes } from '../src/places/place-notes.ts'
import { PostgresRoom } from '../src/postgres-room/postgres-room.ts'
import { Mirror } from '../src/redis-room/mirror.ts'
import type { MirrorOptions } from '../src/redis-room/mirror.ts'
import { RedisGate } from '../src/redis-room/redis-gate.ts'
import { RedisRoom } from '../src/redis-room/redis-room.ts'
import { Rooms } from '../src/rooms.ts'
import type { Schedules } from '../src/schedules.ts'
import { StrangersLookups } from '../src/strangers-lookups.ts'
import type { Stores } from './queue-under-test.ts'

/** How a write of the mirror is lost: it never arrives, its answer never comes, or the server refuses it. */
export type LostWrite = 'NOT_SENT' | 'NOT_ANSWERED' | 'REFUSED'

/** What goes wrong in one process. */
interface Faults {
  /** It is dying: it commits, and tells nobody any more. */
  isDying: boolean
  /** Transactions that it can still begin. */
  transactionsLeft: number
  losesWrites: LostWrite | undefined
}

/** The message of the error by which a process ends. */
export const PROCESS_ENDED = 'the process has ended'

const WRITES = new Set<string | symbol>(['roomApply', 'roomBuild'])

/** A mirror that knows what it was told, and tells when it has done it. */
class WatchedMirror extends Mirror {
  readonly #faults: Faults
  #told = new Map<number, number>()

  constructor(options: MirrorOptions, faults: Faults) {
    super(options)
    this.#faults = faults
  }

  override follow(scheduleId: number, version: number): void {
    if (this.#faults.isDying) return
    this.#told.set(scheduleId, Math.max(version, this.#told.get(scheduleId) ?? 0))
    super.follow(scheduleId, version)
  }

  override build(scheduleId: number): void {
    if (this.#faults.isDying) return
    this.#told.set(scheduleId, Math.max(1, this.#told.get(scheduleId) ?? 0))
    super.build(scheduleId)
  }

  override async reaches(scheduleId: number, version: number): Promise<boolean> {
    return !this.#faults.isDying && super.reaches(scheduleId, version)
  }

  /** Resolves once the mirror has what it was told, or has given up. */
  async settled(): Promise<void> {
    for (const [scheduleId, version] of this.#told) await super.reaches(scheduleId, version)
  }

  /** Does not expect any more what a write that was lost should have brought. */
  forgetTold(): void {
    this.#told.clear()
  }
}

/** A process of the queue service without its servers and timers: its memory, its two stores, and what goes wrong in it. */
export class SimulatedInstance {
  readonly stores: Stores
  readonly gate: RedisGate
  readonly #logger = createLogger({ service: 'queue-test', level: 'silent' })
  readonly #metrics = createMetrics('queue', { processMetrics: false })
  readonly #events = createEvents(this.#metrics.registry, this.#logger)
  #faults: Faults = healthy()
  #mirror: WatchedMirror | undefined
  #ctx: QueueContext | undefined

  constructor(stores: Stores) {
    this.stores = stores
    this.gate = new RedisGate({ redis: stores.redis, logger: this.#logger, metrics: this.#metrics })
  }

  get ctx(): QueueContext {
    if (this.#ctx === undefined) throw new Error('the process was not started')
    return this.#ctx
  }

  /** Begins with an empty memory, as a new process does. The gate is shut; `reopen` opens it. */
  start(options: { config: QueueConfig; schedules: Schedules; now: () => number }): void {
    const { config, schedules, now } = options
    this.#faults.isDying = true
    this.gate.shut('the process was started')
    const faults = healthy()
    const pool = withFaults(this.stores.pool, faults)
    const redis = withFaults(this.stores.redis, faults)
    const { gate } = this
    const [logger, events] = [this.#logger, this.#events]
    const mirror = new WatchedMirror({ gate, redis, pool, logger, onEstimateProved: () => {} }, faults)
    const noteSeenAfterMs = noteSeenAfter(config)
    const redisRoom = new RedisRoom(gate, mirror, noteSeenAfterMs)
    const postgres = new PostgresRoom({ pool, schedules, defaults: roomDefaults(config), noteSeenAfterMs })
    const changes = { config, pool, mirror, busy: new BusyRooms(), noShowGrace: new NoShowGrace() }
    this.#faults = faults
    this.#mirror = mirror
    this.#ctx = {
      ...changes,
      logger,
      events,
      schedules,
      strangersLookups: new StrangersLookups(schedules),
      rooms: new Rooms({ redis: redisRoom, postgres, mirror }),
      joins: createJoinBatches(changes),
      placeLooks: createPlaceLooks(pool),
      joinCheck: createJoinCheck(config, logger),
      hashClaim: undefined,
      notes: createPlaceNotes(changes),
      admissionCounts: new AdmissionCounts({ db: pool, logger }),
      drawsDue: new Set(),
      gate,
      redisRoom,
      fullUntil: new LRUCache({ max: 10 }),
      predictedAt: new LRUCache({ max: 10 }),
      now: () => new Date(now()),
    }
  }

  /** What the timer of the service does while Redis is away. */
  async reopen(): Promise<void> {
    await this.gate.tryOpen(() => this.ctx.mirror.recover())
  }

  /** From now on this process tells the mirror nothing, and ends in front of the next transaction past `transactions`. */
  beginDying(transactions: number): void {
    Object.assign(this.#faults, { isDying: true, transactionsLeft: transactions })
  }

  /** What is done in `work` does not reach the mirror. */
  async losingWrites<T>(how: LostWrite, work: () => Promise<T>): Promise<T> {
    this.#faults.losesWrites = how
    try {
      return await work()
    } finally {
      await this.settled()
      this.#mirror?.forgetTold()
      this.#faults.losesWrites = undefined
    }
  }

  /** Resolves once nothing of this process is in work. */
  async settled(): Promise<void> {
    // Commands of one connection follow each other: those that nobody waits for are done then, too.
    await this.stores.redis.ping()
    await this.#mirror?.settled()
  }
}

function healthy(): Faults {
  return { isDying: false, transactionsLeft: Infinity, losesWrites: undefined }
}

/** How long after the last note somebody who waits is noted as seen again, as in start.ts. */
export function noteSeenAfter({ WAITING_MS }: QueueConfig): number {
  return Math.min(900_000, Math.floor(WAITING_MS / 8))
}

/** A store as one process has it. */
function withFaults<S extends Pool | Redis>(store: S, faults: Faults): S {
  return new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      return async (...args: unknown[]): Promise<unknown> => {
        if (name === 'connect') {
          if (faults.transactionsLeft === 0) throw new Error(PROCESS_ENDED)
          faults.transactionsLeft -= 1
        }
        if (WRITES.has(name)) return write(() => Reflect.apply(value, target, args), faults)
        return Reflect.apply(value, target, args)
      }
    },
  })
}

async function write(send: () => unknown, { isDying, losesWrites }: Faults): Promise<unknown> {
  if (isDying || losesWrites === 'NOT_SENT') throw new Error('the write was lost')
  if (losesWrites === 'REFUSED') throw new ReplyError('READONLY')
  const answer = await send()
  if (losesWrites === 'NOT_ANSWERED') throw new Error('the answer was lost')
  return answer
}
