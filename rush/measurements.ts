import type { BotCount, BotKind } from './bot.ts'
import type { RefusalBody } from './read-answer.ts'

/** What a request is for. Latencies are reported for each step. */
export type Step =
  | 'join'
  | 'challenge'
  | 'bot'
  | 'poll'
  | 'now-serving'
  | 'seats'
  | 'hold'
  | 'charge'
  | 'pay'
  | 'payment'
  | 'reservation'
  | 'cancel'
  | 'leave'
  | 'balance'
  | 'admin'

/** How a fan's visit ended. */
export type Ending =
  | 'bought'
  | 'refunded'
  | 'sold out'
  | 'lost patience'
  | 'walked away'
  | 'left the line'
  | 'could not pay'
  | 'too late'
  | 'failed'

/** An answer that neither the contract nor the fan's own state explains. */
export interface Unexpected {
  readonly step: Step
  readonly code: string
  readonly problem: string
  readonly requestId: string | undefined
}

/** What asks, and what may change something. */
export type Kind = 'read' | 'write'

/** So many unexpected answers are kept with their text; all are counted. */
const UNEXPECTED_KEPT = 20

/** Everything counted and timed in a run. */
export class Measurements {
  readonly latencies = new Map<Step | 'join to confirmed', number[]>()
  /** Refusals that are part of an on-sale, by step and code. */
  readonly refusals = new Map<string, number>()
  /** "Not now" answers and broken connections that were tried again, by step and code. */
  readonly interruptions = new Map<string, number>()
  /** Tries of each kind. */
  readonly tries: Record<Kind, number> = { read: 0, write: 0 }
  /** Tries without an answer of whoever was asked, by kind, step and code: what an instance that fails must not cost. */
  readonly unanswered: Record<Kind, Map<string, number>> = { read: new Map(), write: new Map() }
  /** The slowest try of each step that reads, with an answer or without. */
  readonly slowestReads = new Map<Step, number>()
  readonly unexpected: Unexpected[] = []
  unexpectedCount = 0
  readonly endings = new Map<Ending, number>()
  /** What came of bots, where there are any. */
  bots: ReadonlyMap<BotKind, BotCount> = new Map()
  /** When each reservation was seen CONFIRMED, in ms since the epoch. */
  readonly soldAt: number[] = []
  readonly count = {
    arrived: 0,
    joined: 0,
    admitted: 0,
    holds: 0,
    soldReservations: 0,
    soldSeats: 0,
    refunds: 0,
    repeats: 0,
  }
  /** Fans who wait and who are active at the moment, and seats that are held. */
  readonly now = { waiting: 0, active: 0, held: 0 }

  addLatency(step: Step | 'join to confirmed', ms: number): void {
    const durations = this.latencies.get(step)
    if (durations === undefined) this.latencies.set(step, [ms])
    else durations.push(ms)
  }

  countRefusal(step: Step, refusal: RefusalBody): void {
    increment(this.refusals, `${step} ${refusal.status} ${refusal.code}`)
  }

  countInterruption(step: Step, code: string): void {
    increment(this.interruptions, `${step} ${code}`)
  }

  countTry(kind: Kind, step: Step, ms: number): void {
    this.tries[kind] += 1
    if (kind === 'read') this.slowestReads.set(step, Math.max(ms, this.slowestReads.get(step) ?? 0))
  }

  countUnanswered(kind: Kind, step: Step, code: string): void {
    increment(this.unanswered[kind], `${step} ${code}`)
  }

  countUnexpected(unexpected: Unexpected): void {
    this.unexpectedCount += 1
    if (this.unexpected.length < UNEXPECTED_KEPT) this.unexpected.push(unexpected)
  }

  countEnding(ending: Ending): void {
    increment(this.endings, ending)
  }
}

function increment<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}
