import { expect } from '@jest/globals'
import type { QueueConfig } from '../src/config.ts'
import type { RoomModel } from './room-model.ts'
import type { SimulatedClock } from './simulated-clock.ts'
import type { SimulatedInstance } from './simulated-instance.ts'
import type { SimulatedUsers } from './simulated-users.ts'
import {
  checkAnswers,
  checkMirror,
  placesOf,
  readMirror,
  readPlaces,
  readRoom,
  stateOf,
} from './simulation-checks.ts'
import type { MirroredRoom } from './simulation-checks.ts'

/** The one room of a course, and what it is on. */
export interface SimulatedRoom {
  scheduleId: number
  config: QueueConfig
  clock: SimulatedClock
  instances: readonly [SimulatedInstance, SimulatedInstance]
  users: SimulatedUsers
}

/** What the mirror has to have after a step. CHANGED: everything, where the step has changed the room. */
export type Mirrored = 'EVERYTHING' | 'CHANGED' | 'WHATEVER'

/** Compares a room in both stores, and what is told of it, with the model. */
export class RoomComparison {
  readonly #on: SimulatedRoom
  /** The model as it was with each version of the room, for mirrors that are behind. */
  readonly #versions = new Map<number, RoomModel>()
  #version = 0
  #laggedMs = -Infinity

  constructor(on: SimulatedRoom) {
    this.#on = on
  }

  /** When the mirror was last seen to be behind. */
  get laggedMs(): number {
    return this.#laggedMs
  }

  /** The version of the room at the last check; 0 where there was none. */
  get version(): number {
    return this.#version
  }

  readMirror(): Promise<MirroredRoom> {
    return readMirror(this.#on.instances[0].stores, this.#on.scheduleId)
  }

  /**
   * What an instance answers from: the mirror, which is as the model was with its version, or the rows alone. `isKnown` is false for
   * a version between two steps.
   */
  async readable(
    instance: SimulatedInstance,
  ): Promise<{ mirror: MirroredRoom; behind: RoomModel | undefined; isKnown: boolean }> {
    const mirror = await this.readMirror()
    const { version } = mirror.room
    const isBelieved = instance.gate.isOpen && isOfThisDatabase(mirror, instance) && version !== undefined
    const behind = isBelieved ? this.#versions.get(Number(version)) : undefined
    return { mirror, behind, isKnown: !isBelieved || behind !== undefined }
  }

  /** Compares everything. Returns whether the mirror was found to have the newest version, as it has to. */
  async check(model: RoomModel, instance: SimulatedInstance, mirrored: Mirrored): Promise<boolean> {
    const { scheduleId, config, users, clock, instances } = this.#on
    for (const one of instances) await one.settled()
    const { stores } = instance
    const [rows, room] = await Promise.all([readPlaces(stores, scheduleId), readRoom(stores, scheduleId)])
    expect(rows).toEqual(placesOf(model))
    expect(room === undefined).toBe(!model.isMade)
    if (room === undefined) return false
    const { version, state } = room
    expect(state).toEqual(stateOf(model, scheduleId))
    expect(version).toBeGreaterThanOrEqual(this.#version)
    const isMirrored = mirrored === 'EVERYTHING' || (mirrored === 'CHANGED' && version > this.#version)
    this.#keepVersion(version, model)
    if (isMirrored) await this.#expectMirrored()
    const { mirror, behind, isKnown } = await this.readable(instance)
    const isNewest = mirror.room['version'] === String(version) && isOfThisDatabase(mirror, instance)
    if (!isNewest) this.#laggedMs = Math.max(this.#laggedMs, clock.nowMs)
    else if (!model.isMoving) checkMirror(mirror, model, clock.nowMs)
    if (isKnown) {
      const asked = { config, scheduleId, nowMs: clock.nowMs }
      await checkAnswers(instance, asked, users.allTokens, model, behind)
    }
    return isMirrored
  }

  /** While a draw moves places, mirrors have them by their old sequences or by the new ones. */
  #keepVersion(version: number, model: RoomModel): void {
    this.#version = version
    if (model.isMoving) this.#versions.delete(version)
    else this.#versions.set(version, model.clone())
  }

  async #expectMirrored(): Promise<void> {
    const isThere = async (): Promise<boolean> => {
      const { room } = await this.readMirror()
      // Who has begun to build it and has ended in between keeps the others waiting for 3 s of the clock.
      return room['version'] === String(this.#version) || room['builder'] !== undefined
    }
    // On a busy machine the mirror may take longer than an instance waits for it.
    for (let attempt = 0; attempt < 10 && !(await isThere()); attempt += 1) {
      for (const instance of this.#on.instances) await instance.settled()
    }
    expect(await isThere()).toBe(true)
  }
}

function isOfThisDatabase({ room }: MirroredRoom, { ctx }: SimulatedInstance): boolean {
  return room['source'] === ctx.mirror.source
}
