import type { Answer, ApiClient, Call } from './api-client.ts'
import type { RushOptions } from './arguments.ts'
import { isExplained } from './explanations.ts'
import type { PaymentAttempt } from './explanations.ts'
import type { FanProfile } from './fan-profile.ts'
import type { FanRecord } from './history.ts'
import type { Ending, Measurements, Step } from './measurements.ts'
import type { Pauses } from './pauses.ts'
import type { Random } from './random.ts'
import type { RefusalBody } from './read-answer.ts'

/** What a fan needs of the run. */
export interface FanContext {
  readonly api: ApiClient
  readonly options: Pick<RushOptions, 'thinkSeconds'>
  readonly measurements: Measurements
  /** Pauses of fans who look for seats; they end after --max-seconds. */
  readonly shopping: Pauses
}

/** Thrown where a fan has no reason to go on; `ending` says why. */
export class VisitEnded extends Error {
  override name = 'VisitEnded'
  readonly ending: Ending

  constructor(ending: Ending) {
    super(ending)
    this.ending = ending
  }
}

/** One person on the way through the on-sale. */
export class Fan {
  readonly userId: string
  readonly bearer: string
  readonly profile: FanProfile
  readonly random: Random
  readonly record: FanRecord
  readonly #context: FanContext
  queueToken: string | undefined
  tokenExpiresAt: number | undefined
  holdExpiresAt: number | undefined
  /** What the wallet holds; undefined where a charge went unanswered. */
  balance: number | undefined = 0
  #stage: 'outside' | 'waiting' | 'active' = 'outside'
  #keys = 0

  constructor(
    context: FanContext,
    parts: { bearer: string; profile: FanProfile; random: Random; record: FanRecord },
  ) {
    this.#context = context
    this.userId = parts.record.userId
    this.bearer = parts.bearer
    this.profile = parts.profile
    this.random = parts.random
    this.record = parts.record
  }

  /** Counts the fan under another stage, for the line of progress. */
  moveTo(stage: 'outside' | 'waiting' | 'active'): void {
    const { now } = this.#context.measurements
    if (this.#stage !== 'outside') now[this.#stage] -= 1
    if (stage !== 'outside') now[stage] += 1
    this.#stage = stage
  }

  newIdempotencyKey(purpose: string): string {
    this.#keys += 1
    return `${this.userId}-${purpose}-${this.#keys}`
  }

  /** Sends a request in the fan's name. With `admitted`, a success shows that the token was ACTIVE when it was sent. */
  async ask<T>(
    call: Omit<Call<T>, 'bearer' | 'queueToken'>,
    token: 'no token' | 'token' | 'admitted',
  ): Promise<Answer<T>> {
    const queueToken = token === 'no token' ? undefined : this.queueToken
    const answer = await this.#context.api.call<T>({ ...call, bearer: this.bearer, queueToken })
    const { place } = this.record
    // An earlier try may have taken effect and used the token up, so this success does not show that it was still ACTIVE.
    if (token === 'admitted' && answer.kind === 'ok' && !answer.triedBefore && place !== undefined) {
      place.activeUntil = Math.max(place.activeUntil ?? 0, answer.sentAt)
    }
    return answer
  }

  /**
   * Counts a refusal that the fan's circumstances explain, and returns its code. Any other refusal ends the fan's visit and
   * fails the run. Throws VisitEnded also where the queue token is over.
   */
  acceptRefusal(
    step: Step,
    answer: { refusal: RefusalBody; answeredAt: number; triedBefore: boolean },
    payment?: PaymentAttempt,
  ): string {
    const { refusal } = answer
    const explained = isExplained(step, refusal.code, {
      at: answer.answeredAt,
      triedBefore: answer.triedBefore,
      tokenExpiresAt: this.tokenExpiresAt,
      holdExpiresAt: this.holdExpiresAt,
      holdUncertain: this.record.holdUncertain,
      payment,
    })
    if (!explained) {
      this.reportUnexpected(step, `${refusal.status} ${refusal.code}`, refusal.message, refusal.requestId)
      throw new VisitEnded('failed')
    }
    this.#context.measurements.countRefusal(step, refusal)
    if (refusal.code.startsWith('QUEUE_TOKEN_') && refusal.code !== 'QUEUE_TOKEN_EXISTS') {
      throw new VisitEnded('too late')
    }
    return refusal.code
  }

  reportUnexpected(step: Step, code: string, problem: string, requestId?: string): void {
    this.#context.measurements.countUnexpected({
      step,
      code,
      problem: `${this.userId}: ${problem}`,
      requestId,
    })
  }

  /** Waits as long as a person needs to read and to choose. */
  think(): Promise<void> {
    return this.#context.shopping.pause(this.#context.options.thinkSeconds * this.random.between(500, 1_500))
  }
}
