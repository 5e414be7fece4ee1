import type { CardProvider, CaptureResult } from '@frontrow/card-provider/card-provider'
import { failpoint } from '@frontrow/failpoints/failpoint'
import { FailureLog } from '@frontrow/failure-log/failure-log'
import { Alarm } from '@frontrow/messaging/wake-up'
import { refuse } from '@frontrow/proto/refusals'
import type { Refusal } from '@frontrow/refusals/refusal'
import { BreakerOpenError } from '@frontrow/service-host/breaker'
import { LOOK_EVERY_MS, WorkLoop } from '@frontrow/service-host/work-loop'
import { currentTrace, runWithTrace } from '@frontrow/trace-context/trace-context'
import type { TraceContext } from '@frontrow/trace-context/trace-context'
import type { WalletContext } from '../context.ts'
import { countCharging, leaseWork, noteFailure } from '../sql/charge-work.ts'
import type { ChargeWork } from '../sql/charge-work.ts'
import type { ChargeToBegin } from './begin-charges.ts'
import type { ChargeNews } from './decide-charge.ts'
import type { ChargeSettlements } from './settle-charges.ts'

/** Calls to the provider at once, by what they are for, so that none of the three ever waits for another. */
const AT_ONCE_MAX = { first: 64, again: 16, giveBack: 16 }
type Lane = keyof typeof AT_ONCE_MAX

/** Charges at work, whoever works on them; more are refused. */
const CHARGING_MAX = 2_000
const RETRY_MIN_MS = 250
const RETRY_MAX_MS = 60_000
// Stripe keeps its answer to a key for 24 h. Later the same key would be a new capture.
const KEY_LIFE_MS = 23 * 3_600_000
const EXPECTED_MAX_S = 60
const ERROR_LENGTH_MAX = 500

type WorkerContext = Pick<WalletContext, 'pool' | 'logger'> & {
  provider: CardProvider
  settlements: ChargeSettlements
  config: { CARD_TIMEOUT_MS: number; CHARGE_GIVE_UP_MS: number }
}

/** How long a charge is leased: its two calls, and what is stored of them. */
export function leaseMsOf(config: { CARD_TIMEOUT_MS: number }): number {
  return config.CARD_TIMEOUT_MS * 2 + 5_000
}

/**
 * Does what charges want of the card provider, outside of any transaction: captures, and after a charge was given up the way back.
 * A charge that begins in this process is captured at once where a slot is free; others are leased from the database, also those of
 * processes that died. The provider's idempotency key is made of the charge's id, so a call that is repeated is the same one.
 */
export class ChargeWorker {
  readonly #ctx: WorkerContext
  readonly #leaseMs: number
  readonly #alarm = new Alarm()
  /** At most one warning a minute, as thousands of charges may fail. No success resets it: others may succeed meanwhile. */
  readonly #failures: FailureLog
  readonly #busy: Record<Lane, number> = { first: 0, again: 0, giveBack: 0 }
  readonly #loop: WorkLoop
  #isBehind = false
  #charging = 0
  #captureMs = 0

  constructor(ctx: WorkerContext) {
    this.#ctx = ctx
    this.#leaseMs = leaseMsOf(ctx.config)
    this.#failures = new FailureLog(ctx.logger, 'a charge got no further at the card provider; trying again')
    this.#loop = new WorkLoop({
      logger: ctx.logger,
      alarm: this.#alarm,
      failing: 'the charges at work could not be read',
      round: async () => ((await this.#lease()) > 0 ? 0 : LOOK_EVERY_MS),
    })
  }

  run(): void {
    this.#loop.start()
  }

  /** Ends after the calls in hand. */
  stop(): Promise<void> {
    return this.#loop.stop()
  }

  /** Keeps up to `wanted` slots for charges that are about to begin; returns how many. Call `start` in any case. */
  reserve(wanted: number): number {
    const slots = Math.min(wanted, this.#free('first'))
    this.#busy.first += slots
    return slots
  }

  /** Captures the first `slots` of charges that have begun. The others wait in the database until a slot is free, here or elsewhere. */
  start(begun: readonly ChargeToBegin[], slots: number): void {
    this.#busy.first -= slots
    for (const charge of begun.slice(0, slots)) this.#take('first', asWork(charge), charge.trace)
    if (begun.length <= slots) return
    this.#charging += begun.length - slots
    this.#alarm.wake()
  }

  /** Why no charge may begin now. */
  refusal(): Refusal | null {
    if (this.#charging < CHARGING_MAX) return null
    return refuse('UNAVAILABLE', 'charges are taken more slowly than they come; nothing was taken', {
      retryAfterSeconds: this.expectedSeconds(),
    })
  }

  /** How long a charge that waits for a slot now is expected to take, in whole seconds; by what captures take in this process. */
  expectedSeconds(): number {
    const turns = 1 + this.#charging / AT_ONCE_MAX.first
    return Math.min(EXPECTED_MAX_S, Math.max(1, Math.ceil((turns * this.#captureMs) / 1_000)))
  }

  #free(lane: Lane): number {
    return Math.max(0, AT_ONCE_MAX[lane] - this.#busy[lane])
  }

  async #lease(): Promise<number> {
    const { pool } = this.#ctx
    // The other half is for charges that begin here meanwhile.
    const first = this.reserve(Math.ceil(this.#free('first') / 2))
    const limits = { first, again: this.#free('again'), giveBack: this.#free('giveBack') }
    let works: ChargeWork[] = []
    try {
      works = await leaseWork(pool, limits, {
        leaseMs: this.#leaseMs,
        giveUpMs: this.#ctx.config.CHARGE_GIVE_UP_MS,
      })
      this.#charging = await countCharging(pool, CHARGING_MAX)
    } finally {
      this.#busy.first -= first
      for (const work of works) this.#take(laneOf(work), work, undefined)
    }
    const taken = { first: 0, again: 0, giveBack: 0 }
    for (const work of works) taken[laneOf(work)] += 1
    this.#isBehind =
      taken.first >= limits.first || taken.again >= limits.again || taken.giveBack >= limits.giveBack
    return works.length
  }

  #take(lane: Lane, work: ChargeWork, trace: TraceContext | undefined): void {
    this.#busy[lane] += 1
    const done = trace === undefined ? this.#workOne(work) : runWithTrace(trace, () => this.#workOne(work))
    this.#loop.track(
      done.finally(() => {
        this.#busy[lane] -= 1
        if (this.#isBehind) this.#alarm.wake()
      }),
    )
  }

  async #workOne(work: ChargeWork): Promise<void> {
    const { chargeId, status, attempts } = work
    failpoint('card-leased', () => [status])
    try {
      if (status === 'CHARGING') await this.#capture(work)
      else await this.#giveBack(work)
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error)
      const retryInMs = Math.min(RETRY_MAX_MS, RETRY_MIN_MS * 2 ** Math.min(attempts, 10))
      this.#failures.failed(error, { chargeId, status, attempts, retryInMs })
      const wasAsked = work.wasAsked || !(error instanceof BreakerOpenError)
      await this.#note({ ...work, wasAsked }, text, retryInMs)
    }
  }

  async #note(work: ChargeWork, text: string, retryInMs: number | null): Promise<void> {
    try {
      await noteFailure(this.#ctx.pool, work, storable(text), retryInMs)
      if (retryInMs !== null && retryInMs < LOOK_EVERY_MS) this.#lookIn(retryInMs)
    } catch (error) {
      // The lease runs out by itself, and the charge is taken up again.
      this.#ctx.logger.error({ err: error, chargeId: work.chargeId }, 'a failed call could not be noted')
    }
  }

  /** The first repeats come before the next look would. */
  #lookIn(ms: number): void {
    setTimeout(() => this.#alarm.wake(), ms + 10).unref()
  }

  async #capture(work: ChargeWork): Promise<void> {
    const { CHARGE_GIVE_UP_MS } = this.#ctx.config
    if (work.ageMs > CHARGE_GIVE_UP_MS) {
      await this.#settle(work, { kind: 'givenUp', wasAsked: work.wasAsked })
      this.#alarm.wake()
      return
    }
    const began = performance.now()
    try {
      await this.#settle(work, await this.#ask(work))
    } catch (error) {
      // A call that was not made says nothing of how long one takes.
      if (!(error instanceof BreakerOpenError)) this.#tookSince(began)
      throw error
    }
    this.#tookSince(began)
  }

  #tookSince(began: number): void {
    this.#captureMs += (performance.now() - began - this.#captureMs) / 10
  }

  /**
   * The charge has FAILED, and whether the money was taken may not be known. Asking once more under the same key gives the provider's
   * decision; if it never saw the first call this takes the money, and the refund gives it back.
   */
  async #giveBack(work: ChargeWork): Promise<void> {
    const { chargeId, amount } = work
    let reference = work.providerReference
    if (work.captureStatus === 'PENDING') {
      if (work.ageMs > KEY_LIFE_MS) return this.#leaveToPerson(work)
      const found = await this.#ask(work)
      await this.#settle(work, found)
      if (found.kind === 'declined') return
      reference = found.reference
    }
    if (reference === null) throw new Error('the capture has no reference')
    await this.#ctx.provider.refund({
      idempotencyKey: `charge-refund-${chargeId}`,
      reference,
      amount,
      signal: AbortSignal.timeout(this.#ctx.config.CARD_TIMEOUT_MS),
    })
    await this.#settle(work, { kind: 'refunded' })
  }

  async #leaveToPerson(work: ChargeWork): Promise<void> {
    const text = 'the provider has forgotten the key by now; look there whether the money was taken'
    this.#ctx.logger.error({ chargeId: work.chargeId }, text)
    await this.#note(work, text, null)
  }

  async #ask({ chargeId, status, cardToken, amount }: ChargeWork): Promise<CaptureResult> {
    if (cardToken === null) throw new Error('the card token is gone')
    const result = await this.#ctx.provider.capture({
      idempotencyKey: `charge-${chargeId}`,
      cardToken,
      amount,
      signal: AbortSignal.timeout(this.#ctx.config.CARD_TIMEOUT_MS),
    })
    failpoint('card-answered', () => [status])
    return result
  }

  async #settle({ chargeId, userId }: ChargeWork, news: ChargeNews): Promise<void> {
    const clean = news.kind === 'declined' ? { ...news, reason: storable(news.reason) } : news
    await this.#ctx.settlements.add('all', { chargeId, userId, news: clean, trace: currentTrace() })
  }
}

function laneOf({ status, attempts }: ChargeWork): Lane {
  if (status === 'FAILED') return 'giveBack'
  return attempts === 1 ? 'first' : 'again'
}

function asWork({ chargeId, userId, amount, cardToken }: ChargeToBegin): ChargeWork {
  return {
    chargeId,
    userId,
    amount,
    status: 'CHARGING',
    captureStatus: 'PENDING',
    cardToken,
    providerReference: null,
    attempts: 1,
    wasAsked: false,
    ageMs: 0,
  }
}

/** Somebody else's words, as PostgreSQL can store them and a client can show them. */
function storable(text: string): string {
  return text
    .replaceAll(/\p{Cc}/gu, ' ')
    .toWellFormed()
    .slice(0, ERROR_LENGTH_MAX)
}
