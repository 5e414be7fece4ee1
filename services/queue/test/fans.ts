import { setTimeout as delay } from 'node:timers/promises'
import type { Answer, QueueClient } from './queue-under-test.ts'

/** What one person saw; times by this process' clock. */
export interface Fan {
  user: string
  token: string
  sequence: number
  joinedAt: number
  /** First seen ACTIVE, and until when that was promised. */
  activeAt: number | undefined
  activeUntil: number
  /** Has asked to leave, whatever the answer was. */
  isLeaving: boolean
  /** Has left, or the promised time is over. */
  done: boolean
}

/** A request that was answered 503. */
export interface Unanswered {
  what: 'join' | 'poll' | 'leave'
  /** Somebody who joins has no place yet. */
  fan: Fan | undefined
  atMs: number
}

const POLL_PAUSE_MS = 120
const STAY_MS = 400
// Somebody may be let in by an instance that Redis is away from. The mirror hears of it at the next round of another instance, and
// until then that one may answer that the person still waits. Rounds come every 100 ms; the rest is for a busy machine.
const MIRRORED_WITHIN_MS = 2_000

/**
 * People who join one waiting room, ask where they are through one instance after the other, stay a moment when they are in, and
 * leave. With `someJustGo` every fifth one goes without leaving, and the place runs out. Whatever happens to Redis and PostgreSQL,
 * what they were told has to hold.
 */
export class Fans {
  readonly fans: Fan[] = []
  /** Answers that broke a promise made before. */
  readonly broken: string[] = []
  readonly unanswered: Unanswered[] = []
  readonly #clients: readonly QueueClient[]
  readonly #scheduleId: number
  readonly #someJustGo: boolean
  readonly #running: Promise<void>[] = []
  #arrived = 0
  #stopped = false

  constructor(clients: readonly QueueClient[], scheduleId: number, options: { someJustGo: boolean }) {
    this.#clients = clients
    this.#scheduleId = scheduleId
    this.#someJustGo = options.someJustGo
  }

  /** Joins of `size` people, `everyMs` apart. */
  async arrive(size: number, everyMs: number): Promise<void> {
    for (let index = 0; index < size && !this.#stopped; index += 1) {
      this.#arrived += 1
      this.#running.push(this.#visit(`fan-${this.#arrived}`, this.#arrived))
      await delay(everyMs)
    }
  }

  /** How many have arrived and were not seen in yet. */
  get waiting(): number {
    return this.#arrived - this.fans.filter((fan) => fan.activeAt !== undefined).length
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
    for (let turn = number; !this.#stopped; turn += 1) {
      const joined = await this.#joinOrReissue(user, turn, turn > number)
      if (joined.status === 200) return this.#begin(user, joined.data)
      if (joined.status !== 503) {
        this.broken.push(`${user} could not join: ${joined.status} ${joined.code}`)
        return undefined
      }
      this.unanswered.push({ what: 'join', fan: undefined, atMs: Date.now() })
      await delay(POLL_PAUSE_MS)
    }
    return undefined
  }

  /** A join that was answered 503 may have been done all the same. Its token is lost then, and a reissue gives another one. */
  async #joinOrReissue(user: string, turn: number, isAgain: boolean): Promise<Answer> {
    const joined = await this.#client(turn).join(this.#scheduleId, user)
    if (!isAgain || joined.code !== 'QUEUE_TOKEN_EXISTS') return joined
    return this.#client(turn).reissue(this.#scheduleId, user)
  }

  #begin(user: string, data: Record<string, unknown>): Fan {
    const fan: Fan = {
      user,
      token: String(data['token']),
      sequence: Number(data['sequence']),
      joinedAt: Date.now(),
      activeAt: undefined,
      activeUntil: 0,
      isLeaving: false,
      done: false,
    }
    this.fans.push(fan)
    this.#note(fan, data, Date.now())
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
      this.unanswered.push({ what: 'poll', fan, atMs: Date.now() })
      return
    }
    // The time is read after the answer, which may have been given just after the promised time ended.
    const isOver = fan.isLeaving || (fan.activeAt !== undefined && Date.now() >= fan.activeUntil)
    if (!isOver) this.broken.push(`${fan.user} (${fan.sequence}) was told ${status} ${code}`)
    fan.done = true
  }

  #note(fan: Fan, data: Record<string, unknown>, askedAt: number): void {
    if (data['sequence'] !== fan.sequence) {
      this.broken.push(`${fan.user} had place ${fan.sequence} and has ${String(data['sequence'])}`)
    }
    if (data['status'] === 'ACTIVE') {
      fan.activeAt ??= Date.now()
      fan.activeUntil = Date.parse(String(data['expiresAt']))
    } else if (fan.activeAt !== undefined && askedAt > fan.activeAt + MIRRORED_WITHIN_MS) {
      this.broken.push(`${fan.user} (${fan.sequence}) was in and waits again`)
    }
  }

  async #go(fan: Fan, turn: number, number: number): Promise<void> {
    if (this.#someJustGo && number % 5 === 0) {
      fan.done = Date.now() > fan.activeUntil
      return
    }
    fan.isLeaving = true
    const { status } = await this.#client(turn + 1).leave(fan.token)
    if (status === 503) this.unanswered.push({ what: 'leave', fan, atMs: Date.now() })
    fan.done ||= status === 204
  }
}
