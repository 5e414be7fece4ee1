import type { Alarm } from '@frontrow/messaging/wake-up'
import { LOOK_EVERY_MS, WorkLoop } from '@frontrow/service-host/work-loop'
import { carryOutOrder } from './carry-out-card-order.ts'
import type { Context } from './context.ts'
import { countWaitingCaptures, leaseOrders } from './sql/card-captures.ts'

// A capture that is given up while it waits for its owner is asked about, cancelled, and refunded where it had been taken.
const CALLS_MAX = 3
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
  readonly #loop: WorkLoop
  #countedAtMs = -Infinity

  constructor(ctx: Context, alarm: Alarm) {
    this.#ctx = ctx
    this.#alarm = alarm
    this.#loop = new WorkLoop({
      logger: ctx.logger,
      alarm,
      failing: 'the card orders could not be read',
      round: async () => {
        const leased = await this.#lease()
        const waitMs = await this.#count()
        return leased > 0 ? 0 : waitMs
      },
    })
  }

  start(): void {
    this.#loop.start()
  }

  /** Ends after the calls in hand. */
  stop(): Promise<void> {
    return this.#loop.stop()
  }

  async #lease(): Promise<number> {
    const { pool, config, cardSlots } = this.#ctx
    const free = cardSlots.free()
    if (free.size === 0) return 0
    const places = new Map([...free].map(([lane, count]) => [lane, Math.min(count, LEASED_MAX)]))
    const orders = await leaseOrders(pool, config.CARD_TIMEOUT_MS * CALLS_MAX + 2_000, places)
    for (const order of orders) {
      const leave = cardSlots.enter(order.lane)
      this.#loop.track(
        carryOutOrder(this.#ctx, order)
          .catch((error: unknown) => {
            // The lease runs out by itself, and the order is taken up again.
            this.#ctx.logger.error(
              { err: error, paymentId: order.paymentId },
              'a card order could not be noted',
            )
          })
          .finally(() => {
            leave()
            this.#alarm.wake()
          }),
      )
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
