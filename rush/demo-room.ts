import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { livingProcess, removePidFile, writePidFile } from '@frontrow/local-stack/pid-file'
import { SetupProblem } from '@frontrow/local-stack/setup-problem'
import { z } from 'zod'
import { roomAnswer } from './answers.ts'
import { NoAnswer } from './api-client.ts'
import type { ApiClient } from './api-client.ts'
import { askAdmin } from './on-sale.ts'
import { PausesEnded } from './pauses.ts'

/** How many a room lets in. `maxActive` null: the room is off. */
export type RoomLimits = Pick<z.output<typeof roomAnswer>, 'maxActive' | 'admitPerSecond'>

const limitsAnswer = roomAnswer.pick({ maxActive: true, admitPerSecond: true })
const note = z.object({
  room: z.string(),
  /** What the room had, and what the demo has set. */
  before: limitsAnswer,
  demo: limitsAnswer,
})

/**
 * The limits of one waiting room while a demo has it. What they were is noted in a file, so that they are known also after a demo that
 * was killed; one demo at a time may have a room. What somebody else sets meanwhile, or after a demo that was killed, stays.
 */
export class DemoRoom {
  readonly #folder: string
  readonly #url: string
  readonly #scheduleId: number
  readonly #admin: string

  constructor(parts: { folder: string; url: string; scheduleId: number; admin: string }) {
    this.#folder = parts.folder
    this.#url = parts.url
    this.#scheduleId = parts.scheduleId
    this.#admin = parts.admin
  }

  /**
   * Sets the limits, and returns those of before. Throws a SetupProblem where another demo runs, the line is paused, or nobody says whether
   * the limits were set.
   */
  async take(api: ApiClient, limits: RoomLimits): Promise<RoomLimits> {
    mkdirSync(this.#folder, { recursive: true })
    const other = livingProcess(this.#processFile)
    if (other !== null) throw new SetupProblem(`another demo runs already (process ${other}): stop it first`)
    const room = await this.#read(api)
    if (room.paused) {
      throw new SetupProblem(
        `the line of schedule ${this.#scheduleId} is paused, so nobody would be let in: resume it first`,
      )
    }
    const { maxActive, admitPerSecond } = room
    const left = this.#noted()
    // Other limits than those of the demo that was killed were set by somebody since then.
    const before =
      left !== undefined && areEqual(left.demo, room) ? left.before : { maxActive, admitPerSecond }
    writePidFile(this.#processFile, process.pid)
    writeFileSync(this.#noteFile, JSON.stringify({ room: this.#name, before, demo: limits }))
    try {
      await this.#patch(api, limits)
    } catch (error) {
      removePidFile(this.#processFile)
      if (!(error instanceof NoAnswer || error instanceof PausesEnded)) throw error
      throw new SetupProblem(
        'no answer to the limits of the demo, so the waiting room may have them or not; the next demo puts back those of before',
        { cause: error },
      )
    }
    return before
  }

  /** Puts the limits back where the room still has those of the demo; false where somebody has set others meanwhile, which stay. */
  async giveBack(api: ApiClient, before: RoomLimits): Promise<boolean> {
    try {
      const demo = this.#noted()?.demo
      const isOurs = demo === undefined || areEqual(demo, await this.#read(api))
      if (isOurs) await this.#patch(api, before)
      rmSync(this.#noteFile, { force: true })
      return isOurs
    } finally {
      removePidFile(this.#processFile)
    }
  }

  #read(api: ApiClient): Promise<z.output<typeof roomAnswer>> {
    return askAdmin(api, this.#admin, { method: 'GET', path: this.#path, schema: roomAnswer })
  }

  async #patch(api: ApiClient, { maxActive, admitPerSecond }: RoomLimits): Promise<void> {
    // A room that is off has no rate, and none can be asked for.
    const body = { maxActive, ...(admitPerSecond === null ? {} : { admitPerSecond }) }
    await askAdmin(api, this.#admin, { method: 'PATCH', path: this.#path, body, schema: roomAnswer })
  }

  get #path(): string {
    return `/admin/queues/${this.#scheduleId}`
  }

  /** It is no .pid file: npm start ends the processes that these name, as left behind by itself. */
  get #processFile(): string {
    return join(this.#folder, 'demo.process')
  }

  get #noteFile(): string {
    return join(this.#folder, 'demo-room.json')
  }

  get #name(): string {
    return `${this.#url} ${this.#scheduleId}`
  }

  /** What a demo that was killed had found. */
  #noted(): z.output<typeof note> | undefined {
    if (!existsSync(this.#noteFile)) return undefined
    const noted = note.safeParse(parseJson(readFileSync(this.#noteFile, 'utf8')))
    return noted.success && noted.data.room === this.#name ? noted.data : undefined
  }
}

/** Undefined where it is no JSON: a demo was killed while it wrote. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** A room that is off has no rate that could differ. */
function areEqual(one: RoomLimits, other: RoomLimits): boolean {
  if (one.maxActive !== other.maxActive) return false
  return one.maxActive === null || one.admitPerSecond === other.admitPerSecond
}
