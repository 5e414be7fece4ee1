import { placeOf } from './queue-instances.ts'
import type { QueueInstances, SeenPlace } from './queue-instances.ts'

/** One person as seen from outside; times in milliseconds since the epoch. */
export interface Visitor {
  token: string
  sequence: number
  /** Set once the visitor was seen ACTIVE. It is computed from the deadline, which nobody extends, so it is exact. */
  admittedAt?: number
  expiresAt?: number
  /** The moment before the visitor left; it was surely ACTIVE until then, unless `expiresAt` comes first. */
  leftAt?: number
}

/** Somebody who got in. */
export type Admitted = Visitor & { admittedAt: number; expiresAt: number }

/** People in one waiting room, who ask all instances in turn. */
export class Crowd {
  readonly #queues: QueueInstances
  readonly #scheduleId: number
  readonly #activeMs: number
  readonly visitors: Visitor[] = []
  /** Answers that should never come. */
  readonly surprises: string[] = []
  #round = 0

  constructor(queues: QueueInstances, scheduleId: number, activeMs: number) {
    this.#queues = queues
    this.#scheduleId = scheduleId
    this.#activeMs = activeMs
  }

  /** People who join at once, over all instances. */
  async join(count: number): Promise<void> {
    const first = this.visitors.length
    await Promise.all(
      Array.from({ length: count }, async (_, index) => {
        const { client } = this.#queues.at(index)
        const place = placeOf(await client.join(this.#scheduleId, `visitor-${first + index}`))
        const visitor: Visitor = { token: place.token, sequence: place.sequence }
        this.visitors.push(visitor)
        this.#note(visitor, place)
      }),
    )
  }

  /** Asks once for everybody who was not seen ACTIVE yet. */
  async lookAtWaiting(): Promise<void> {
    this.#round += 1
    await Promise.all(
      this.visitors.map(async (visitor, index) => {
        if (visitor.admittedAt === undefined) await this.#look(visitor, index)
      }),
    )
  }

  /** Asks once for everybody who is in and neither leaves nor stays away, and has those leave whose visit is over. */
  async visit(lengthOf: (visitor: Visitor) => number | 'stays away'): Promise<void> {
    await Promise.all(
      this.admitted().map(async (visitor, index) => {
        const length = lengthOf(visitor)
        if (visitor.leftAt !== undefined || length === 'stays away') return
        if (Date.now() - visitor.admittedAt < length) return this.#look(visitor, index)
        visitor.leftAt = Date.now()
        const answer = await this.#queues.at(index + this.#round).client.leave(visitor.token)
        if (answer.status !== 204) this.surprises.push(`leaving was answered ${answer.status} ${answer.code}`)
      }),
    )
  }

  /** Who got in, in the order of admission. */
  admitted(): Admitted[] {
    return this.visitors.filter(isAdmitted).toSorted((a, b) => a.admittedAt - b.admittedAt)
  }

  async #look(visitor: Visitor, index: number): Promise<void> {
    const answer = await this.#queues.at(index + this.#round).client.place(visitor.token)
    // This is the right answer for a visitor whose time is over. One who waits must never get it.
    if (answer.code === 'QUEUE_TOKEN_INVALID' && Date.now() >= (visitor.expiresAt ?? Infinity)) return
    // It is kept rather than thrown, because an assertion that is tried again would forget it.
    if (answer.status !== 200) {
      this.surprises.push(`${visitor.sequence} was answered ${answer.status} ${answer.code}`)
    } else this.#note(visitor, placeOf(answer))
  }

  #note(visitor: Visitor, place: SeenPlace): void {
    if (place.status === 'ACTIVE') {
      const admittedAt = place.expiresAt - this.#activeMs
      if (admittedAt > place.serverTime)
        this.surprises.push(`${visitor.sequence} is ACTIVE before it was let in`)
      if (place.serverTime >= place.expiresAt)
        this.surprises.push(`${visitor.sequence} is ACTIVE past its end`)
      if (visitor.admittedAt !== undefined && visitor.admittedAt !== admittedAt) {
        this.surprises.push(`the deadline of ${visitor.sequence} moved`)
      }
      visitor.admittedAt = admittedAt
      visitor.expiresAt = place.expiresAt
    } else if (visitor.admittedAt !== undefined) {
      this.surprises.push(`${visitor.sequence} waits again`)
    }
  }
}

function isAdmitted(visitor: Visitor): visitor is Admitted {
  return visitor.admittedAt !== undefined && visitor.expiresAt !== undefined
}

/** The most who were ACTIVE at one moment for certain, of the moments when somebody was let in at `from` or later. */
export function mostActiveAtOnce(people: readonly Admitted[], from = 0): number {
  const counts = people
    .filter(({ admittedAt }) => admittedAt >= from)
    .map(
      ({ admittedAt: at }) =>
        people.filter((other) => other.admittedAt <= at && at < lastCertain(other)).length,
    )
  return Math.max(0, ...counts)
}

function lastCertain({ expiresAt, leftAt }: Admitted): number {
  return Math.min(expiresAt, leftAt ?? Infinity)
}

/** The most who were let in within any second, of those let in at `from` or later. */
export function mostAdmittedInASecond(people: readonly Admitted[], from = 0): number {
  const times = people.map(({ admittedAt }) => admittedAt).filter((at) => at >= from)
  return Math.max(0, ...times.map((at) => times.filter((other) => other <= at && other > at - 1_000).length))
}
