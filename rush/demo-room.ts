import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { livingProcess, removePidFile, writePidFile } from '@frontrow/local-stack/pid-file'
import { SetupProblem } from '@frontrow/local-stack/setup-problem'
import { z } from 'zod'
import { roomAnswer } from './answers.ts'
import type { ApiClient } from './api-client.ts'
import { askAdmin } from './on-sale.ts'

/** How many a room lets in. `maxActive` null: the room is off. */
export type RoomLimits = Pick<z.output<typeof roomAnswer>, 'maxActive' | 'admitPerSecond'>

const note = z.object({
  room: z.string(),
  limits: roomAnswer.pick({ maxActive: true, admitPerSecond: true }),
})

/**
 * The limits of one waiting room while a demo has it. What they were is noted in a file, so that they are known also after a demo that
 * was killed; one demo at a time may have a room.
 */
export class DemoRoom {
  readonly #folder: string
  readonly #url: string
  readonly #scheduleId: number
  readonly #patch: (limits: RoomLimits) => Promise<RoomLimits>
  readonly #read: () => Promise<z.output<typeof roomAnswer>>

  constructor(parts: { folder: string; url: string; scheduleId: number; api: ApiClient; admin: string }) {
    const { api, admin, scheduleId } = parts
    this.#folder = parts.folder
    this.#url = parts.url
    this.#scheduleId = scheduleId
    const path = `/admin/queues/${scheduleId}`
    this.#read = () => askAdmin(api, admin, { method: 'GET', path, schema: roomAnswer })
    this.#patch = ({ maxActive, admitPerSecond }) => {
      // A room that is off has no rate, and none can be asked for.
      const body = { maxActive, ...(admitPerSecond === null ? {} : { admitPerSecond }) }
      return askAdmin(api, admin, { method: 'PATCH', path, body, schema: roomAnswer })
    }
  }

  /** Sets the limits, and returns those of before. Throws a SetupProblem where another demo runs, or the line is paused. */
  async take(limits: RoomLimits): Promise<RoomLimits> {
    mkdirSync(this.#folder, { recursive: true })
    const other = livingProcess(this.#pidFile)
    if (other !== null) throw new SetupProblem(`another demo runs already (process ${other}): stop it first`)
    const room = await this.#read()
    if (room.paused) {
      throw new SetupProblem(
        `the line of schedule ${this.#scheduleId} is paused, so nobody would be let in: resume it first`,
      )
    }
    const { maxActive, admitPerSecond } = room
    const before = this.#noted() ?? { maxActive, admitPerSecond }
    writePidFile(this.#pidFile, process.pid)
    writeFileSync(this.#noteFile, JSON.stringify({ room: this.#name, limits: before }))
    await this.#patch(limits)
    return before
  }

  /** Puts the limits back. */
  async giveBack(before: RoomLimits): Promise<void> {
    try {
      await this.#patch(before)
      rmSync(this.#noteFile, { force: true })
    } finally {
      removePidFile(this.#pidFile)
    }
  }

  get #pidFile(): string {
    return join(this.#folder, 'demo.pid')
  }

  get #noteFile(): string {
    return join(this.#folder, 'demo-room.json')
  }

  get #name(): string {
    return `${this.#url} ${this.#scheduleId}`
  }

  /** What a demo that was killed had found. */
  #noted(): RoomLimits | undefined {
    if (!existsSync(this.#noteFile)) return undefined
    const noted = note.safeParse(JSON.parse(readFileSync(this.#noteFile, 'utf8')))
    return noted.success && noted.data.room === this.#name ? noted.data.limits : undefined
  }
}
