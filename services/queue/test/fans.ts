import { setTimeout as delay } from 'node:timers/promises'
import type { QueueClient } from './queue-under-test.ts'

/** What one person saw; times by this process' clock. */
export interface Fan {
  user: string
  token: string
  sequence: number
  /** First seen ACTIVE, and until when that was promised. */
  activeAt: number | undefined
  activeUntil: number
  /** Has left, or the promised time is over. */
  done: boolean
}

const POLL_PAUSE_MS = 120
const STAY_MS = 400
// An admission reaches PostgreSQL a fifth of a second later. Until then an instance without Redis may answer that somebody who is
// in still waits.
const NOTED_WITHIN_MS = 400

/**
 * People who join one waiting room, ask where they are through one instance after the other, stay a moment when they are in, and
 * leave. With `someJustGo` every third one goes without leaving, and the place runs out. Whatever happens to Redis, what they were
 * told has to hold.
 */
export class Fans {
  readonly fans: Fan[] = []
  /** Answers that broke a promise made before. */
  readonly broken: string[] = []
  /** How many answers were 503. */
  unanswered = 0
  readonly #clients: readonly QueueClient[]
  readonly #scheduleId: number
  readonly #someJustGo: boolean
  readonly #running: Promise<void>[] = []
  #stopped = false

  constructor(clients: readonly QueueClient[], scheduleId: number, options: { someJustGo: boolean }) {
    this.#clients = clients
    this.#scheduleId = scheduleId
    this.#someJustGo = options.someJustGo
  }

  /** Joins of `size` people, `everyMs` apart. */
  async arrive(prefix: string, size: number, everyMs: number): Promise<void> {
    for (let index = 0; index < size && !this.#stopped; index += 1) {
      this.#running.push(this.#visit(`${prefix}-${index}`, this.fans.length + index))
      await delay(everyMs)
    }
  }

  get waiting(): number {
    return this.fans.filter((fan) => fan.activeAt === undefined).length
  }

  /** Nobody polls any more. */
  async stop(): Promise<void> {
    this.#stopped = true
    await Promise.all(this.#running)
  }

  #client(turn: number): QueueClient {
    const client = this.#clients[turn % this.#clients.length]
    if (client === undefined) throw new Error('no instance runs')
    return client
  }

  async #visit(user: string, number: number): Promise<void> {
    const fan = await this.#join(user, number)
    if (fan === undefined) return
    for (let turn = number; !this.#stopped && !fan.done; turn += 1) {
      await this.#look(fan, turn)
      await delay(POLL_PAUSE_MS)
      if (fan.activeAt !== undefined && Date.now() - fan.activeAt > STAY_MS) await this.#go(fan, turn, number)
    }
  }

  async #join(user: string, number: number): Promise<Fan | undefined> {
    const joined = await this.#client(number).join(this.#scheduleId, user)
    if (joined.status !== 200) {
      if (joined.status === 503) this.unanswered += 1
      else this.broken.push(`${user} could not join: ${joined.status} ${joined.code}`)
      return undefined
    }
    const fan: Fan = {
      user,
      token: String(joined.data['token']),
      sequence: Number(joined.data['sequence']),
      activeAt: undefined,
      activeUntil: 0,
      done: false,
    }
    this.fans.push(fan)
    this.#note(fan, joined.data, Date.now())
    return fan
  }

  async #look(fan: Fan, turn: number): Promise<void> {
    const askedAt = Date.now()
    const { status, code, data } = await this.#client(turn).place(fan.token)
    if (status === 200) {
      this.#note(fan, data, askedAt)
      return
    }
    if (status === 503) {
      this.unanswered += 1
      return
    }
    // The time is read after the answer, which may have been given just after the promised time ended.
    if (Date.now() < fan.activeUntil || fan.activeAt === undefined) {
      this.broken.push(`${fan.user} (${fan.sequence}) was told ${status} ${code}`)
    }
    fan.done = true
  }

  #note(fan: Fan, data: Record<string, unknown>, askedAt: number): void {
    if (data['sequence'] !== fan.sequence) {
      this.broken.push(`${fan.user} had place ${fan.sequence} and has ${String(data['sequence'])}`)
    }
    if (data['status'] === 'ACTIVE') {
      fan.activeAt ??= Date.now()
      fan.activeUntil = Date.parse(String(data['expiresAt']))
    } else if (fan.activeAt !== undefined && askedAt > fan.activeAt + NOTED_WITHIN_MS) {
      this.broken.push(`${fan.user} (${fan.sequence}) was in and waits again`)
    }
  }

  async #go(fan: Fan, turn: number, number: number): Promise<void> {
    if (this.#someJustGo && number % 3 === 0) {
      fan.done = Date.now() > fan.activeUntil
      return
    }
    const { status } = await this.#client(turn + 1).leave(fan.token)
    if (status === 503) this.unanswered += 1
    fan.done = status === 204
  }
}
