import { FailureLog } from '@frontrow/failure-log/failure-log'
import type { Alarm } from '@frontrow/messaging/wake-up'
import { carryOutOrder } from './carry-out-card-order.ts'
import type { Context } from './context.ts'
import { countWaitingCaptures, leaseOrders } from './sql/card-captures.ts'

// An open order is looked for this often where nothing wakes the worker: those of instances that died, and repeats.
const LOOK_EVERY_MS = 1_000
const COUNT_EVERY_MS = 250
const COUNTED_MAX = 10_000
// So many are leased with one statement.
const LEASED_MAX = 100

/**
 * Does what sagas want of the card provider: captures, and refunds after finding out whether there was a capture. The
 * provider is called outside of any transaction; a lease longer than its time-out keeps a second worker away, and the
 * provider's idempotency key makes a repeat harmless when a worker dies. How many calls there are at once is the slots' matter; a slow
 * one takes up its own slot only.
 */
export class CardWorker {
  readonly #ctx: Context
  readonly #alarm: Alarm
  readonly #running = new Set<Promise<void>>()
  #countedAtMs = -Infinity
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
      let waitMs = LOOK_EVERY_MS
      try {
        const leased = await this.#lease()
        waitMs = await this.#count()
        failures.succeeded()
        if (leased > 0) continue
      } catch (error) {
        failures.failed(error)
      }
      await this.#alarm.wait(waitMs)
    }
  }

  async #lease(): Promise<number> {
    const { pool, config, cardSlots } = this.#ctx
    const free = cardSlots.free()
    if (free.size === 0) return 0
    const places = new Map([...free].map(([lane, count]) => [lane, Math.min(count, LEASED_MAX)]))
    const orders = await leaseOrders(pool, config.CARD_TIMEOUT_MS * 2 + 2_000, places)
    for (const order of orders) {
      const leave = cardSlots.enter(order.lane)
      const call = carryOutOrder(this.#ctx, order)
        .catch((error: unknown) => {
          // The lease runs out by itself, and the order is taken up again.
          this.#ctx.logger.error(
            { err: error, paymentId: order.paymentId },
            'a card order could not be noted',
          )
        })
        .finally(() => {
          leave()
          this.#running.delete(call)
          this.#alarm.wake()
        })
      this.#running.add(call)
    }
    return orders.length
  }

  /** Tells the slots how many captures wait for one: they are counted only while there is none. Returns when to look again. */
  async #count(): Promise<number> {
    const { pool, cardSlots } = this.#ctx
    if (cardSlots.free().has('capture')) {
      cardSlots.noteWaiting(0)
      return LOOK_EVERY_MS
    }
    const nowMs = performance.now()
    if (nowMs - this.#countedAtMs >= COUNT_EVERY_MS) {
      this.#countedAtMs = nowMs
      cardSlots.noteWaiting(await countWaitingCaptures(pool, COUNTED_MAX))
    }
    return COUNT_EVERY_MS
  }
}
