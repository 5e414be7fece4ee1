import { FailureLog } from '@frontrow/failure-log/failure-log'
import type { Alarm } from '@frontrow/messaging/wake-up'
import { inTransaction, together } from '@frontrow/postgres/transaction'
import { advancePurchaseSagas, reportImpossible } from './advance-purchase-sagas.ts'
import type { Context } from './context.ts'
import type { SagaMessage } from './purchase-saga.ts'
import type { CaptureStatus, CardWork } from './sql/card-captures.ts'
import { leaseWork, noteFailure, storeOutcome } from './sql/card-captures.ts'
import { lockSagas } from './sql/purchase-sagas.ts'

const AT_ONCE_MAX = 16
const RETRY_MAX_MS = 60_000

// An open order is looked for this often where nothing wakes the worker: those of instances that died, and repeats.
const LOOK_EVERY_MS = 1_000

/**
 * Does what sagas want of the card provider: captures, and refunds after finding out whether there was a capture. The
 * provider is called outside of any transaction; a lease longer than its time-out keeps a second worker away, and the
 * provider's idempotency key makes a repeat harmless when a worker dies. At most 16 calls at once; a slow one takes up its
 * own slot only.
 */
export class CardWorker {
  readonly #ctx: Context
  readonly #alarm: Alarm
  readonly #running = new Set<Promise<void>>()
  #stopping = false
  #loop: Promise<void> = Promise.resolve()

  constructor(ctx: Context, alarm: Alarm) {
    this.#ctx = ctx
    this.#alarm = alarm
  }

  start(): void {
    this.#loop = this.#run()
  }

  /** Ends after the calls in hand. */
  async stop(): Promise<void> {
    this.#stopping = true
    this.#alarm.wake()
    await this.#loop
    await Promise.all(this.#running)
  }

  async #run(): Promise<void> {
    const failures = new FailureLog(this.#ctx.logger, 'the card orders could not be read')
    while (!this.#stopping) {
      try {
        const leased = await this.#lease()
        failures.succeeded()
        if (leased > 0) continue
      } catch (error) {
        failures.failed(error)
      }
      await this.#alarm.wait(LOOK_EVERY_MS)
    }
  }

  async #lease(): Promise<number> {
    const free = AT_ONCE_MAX - this.#running.size
    if (free === 0) return 0
    const works = await leaseWork(this.#ctx.pool, this.#ctx.config.CARD_TIMEOUT_MS * 2 + 2_000, free)
    for (const work of works) {
      const call = workOne(this.#ctx, work)
        .catch((error: unknown) => {
          // The lease runs out by itself, and the order is taken up again.
          this.#ctx.logger.error({ err: error, paymentId: work.paymentId }, 'a card order could not be noted')
        })
        .finally(() => {
          this.#running.delete(call)
          this.#alarm.wake()
        })
      this.#running.add(call)
    }
    return works.length
  }
}

async function workOne(ctx: Context, work: CardWork): Promise<void> {
  try {
    if (work.wanted === 'CAPTURED') await capture(ctx, work)
    else await refund(ctx, work)
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error)
    const retryInMs = Math.min(RETRY_MAX_MS, 250 * 2 ** Math.min(work.attempts, 10))
    ctx.logger.warn(
      { err: error, paymentId: work.paymentId, wanted: work.wanted, attempts: work.attempts, retryInMs },
      'the card provider gave no answer; asking again',
    )
    await noteFailure(ctx.pool, work.paymentId, text, retryInMs)
  }
}

async function askForCapture(ctx: Context, work: CardWork) {
  if (work.cardToken === null) throw new Error('the card token is gone')
  return ctx.cardProvider.capture({
    idempotencyKey: `capture-${work.paymentId}`,
    cardToken: work.cardToken,
    amount: work.amount,
    signal: AbortSignal.timeout(ctx.config.CARD_TIMEOUT_MS),
  })
}

async function capture(ctx: Context, work: CardWork): Promise<void> {
  const result = await askForCapture(ctx, work)
  if (result.kind === 'captured') {
    await conclude(ctx, work, ['PENDING'], 'CAPTURED', result.reference, { type: 'CardCaptured' })
  } else {
    await conclude(ctx, work, ['PENDING'], 'DECLINED', null, { type: 'CardDeclined', reason: result.reason })
  }
}

/**
 * The outcome of the capture may be unknown (that is why the saga gave up on it). Asking once more under the same key
 * gives the provider's decision; if it never saw the first call this takes the money, and the refund gives it back.
 */
async function refund(ctx: Context, work: CardWork): Promise<void> {
  let reference = work.providerReference
  if (work.status === 'PENDING') {
    const found = await askForCapture(ctx, work)
    if (found.kind === 'declined') {
      await conclude(ctx, work, ['PENDING'], 'VOIDED', null, { type: 'CardRefunded', refundedAmount: 0 })
      return
    }
    reference = found.reference
  }
  if (reference === null) throw new Error('the capture has no reference')
  await ctx.cardProvider.refund({
    idempotencyKey: `refund-${work.paymentId}`,
    reference,
    amount: work.amount,
    signal: AbortSignal.timeout(ctx.config.CARD_TIMEOUT_MS),
  })
  await conclude(ctx, work, ['PENDING', 'CAPTURED'], 'REFUNDED', reference, {
    type: 'CardRefunded',
    refundedAmount: work.amount,
  })
}

/**
 * One transaction: the outcome and what the saga makes of it. The saga is locked before the capture, as it is where a saga orders a
 * refund; the other way round the two would wait for each other.
 */
async function conclude(
  ctx: Context,
  work: CardWork,
  from: readonly CaptureStatus[],
  to: CaptureStatus,
  providerReference: string | null,
  message: SagaMessage,
): Promise<void> {
  const { paymentId } = work
  try {
    await inTransaction(ctx.pool, async (tx) => {
      const [, stored] = await together([
        lockSagas(tx, [paymentId]),
        storeOutcome(tx, paymentId, { from, to, providerReference }),
      ])
      if (stored) await advancePurchaseSagas(ctx, tx, [{ paymentId, message }])
    })
  } catch (error) {
    reportImpossible(ctx, error)
    throw error
  }
}
