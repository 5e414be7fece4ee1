import { inTransaction } from '@frontrow/postgres/transaction'
import { advancePurchaseSagas } from './advance-purchase-sagas.ts'
import type { AuditSources } from './audit.ts'
import type { Context } from './context.ts'
import { ID_BELOW_ALL, mergeFacts } from './merge-facts.ts'
import { findMissedNews, heldWithoutTicket } from './money-without-ticket.ts'
import type { MissedNews } from './money-without-ticket.ts'
import { oneByOne } from './one-by-one.ts'
import { listPaymentFacts } from './sql/payments.ts'
import { lockStuckSaga } from './sql/purchase-sagas.ts'
import { idBefore, lowestIdAt } from './uuid-time.ts'

/** What the reconciliation works with. */
export type ReconcilingContext = Omit<Context, 'cardProvider' | 'getReservation'>

// A round reads this many payments of each walk, from each of the three services.
const PAYMENTS_MAX = 1_000
// A round tells this many sagas; the others are found again.
const TOLD_MAX = 100
// What went wrong just now is found within a round or two, however many payments there are in all.
const RECENT_MS = 3_600_000
// It bounds what is kept for the metrics.
const HELD_MAX = 10_000
// A round looks at so many of them again, those first that were looked at longest ago.
const HELD_AGAIN_MAX = 100

interface Missed extends MissedNews {
  paymentId: string
}

/**
 * Looks for money that is held without a ticket and for sagas that stand still, by what the wallet, the reservation and this service know
 * of each payment, and tells the saga what it has missed. It never moves money itself: the saga decides, as it does on any message.
 *
 * Each round walks on over all payments, and over those of the last hour, so that its work is bounded; at the end a walk begins again.
 * Several instances may do it: a saga that has been told ignores it the second time.
 */
export class Reconciliation {
  readonly #ctx: ReconcilingContext
  readonly #sources: Pick<AuditSources, 'reservationFacts' | 'walletFacts'>
  #after = ID_BELOW_ALL
  #recentAfter = ID_BELOW_ALL
  /** Settled payments that held money without a ticket when they were looked at last, and since when. */
  readonly #settled = new Map<string, Date>()

  constructor(ctx: ReconcilingContext, sources: Pick<AuditSources, 'reservationFacts' | 'walletFacts'>) {
    this.#ctx = ctx
    this.#sources = sources
  }

  /** Since when the money of settled payments is held without a ticket, as of the last looks. Nobody is at work on most of them. */
  get heldBySettled(): readonly Date[] {
    return [...this.#settled.values()]
  }

  async round(signal: AbortSignal): Promise<void> {
    await this.#lookAgain()
    const oldestRecent = lowestIdAt(new Date(this.#ctx.now().getTime() - RECENT_MS))
    const recentFrom = this.#recentAfter > oldestRecent ? this.#recentAfter : oldestRecent
    const recent = await this.#walk(recentFrom)
    this.#recentAfter = recent.endedAt ?? ID_BELOW_ALL
    const all = await this.#walk(this.#after)
    this.#after = all.endedAt ?? ID_BELOW_ALL
    const missed = new Map([...recent.missed, ...all.missed].map((one) => [one.paymentId, one]))
    await this.#tell([...missed.values()].slice(0, TOLD_MAX), signal)
  }

  /** The walk over all may take hours, and the metric is to fall soon after the money is back. */
  async #lookAgain(): Promise<void> {
    const { reservationFacts, walletFacts } = this.#sources
    for (const paymentId of [...this.#settled.keys()].slice(0, HELD_AGAIN_MAX)) {
      const before = idBefore(paymentId)
      const [payments, reservations, wallets] = await Promise.all([
        listPaymentFacts(this.#ctx.pool, before, 1),
        reservationFacts(before, 1),
        walletFacts(before, 1),
      ])
      const payment = payments.find((fact) => fact.paymentId === paymentId)
      const reservation = reservations.find((fact) => fact.paymentId === paymentId)
      const wallet = wallets.find((fact) => fact.paymentId === paymentId)
      // It goes behind the others.
      this.#settled.delete(paymentId)
      this.#note(
        payment?.deadlineAt ?? null,
        paymentId,
        heldWithoutTicket({ paymentId, payment, reservation, wallet }),
      )
    }
  }

  /** Looks at the payments above an id. `endedAt`: the last one that was looked at, undefined where none is left. */
  async #walk(after: string): Promise<{ missed: Missed[]; endedAt: string | undefined }> {
    const { pool, config, now } = this.#ctx
    const readers = {
      payments: (above: string, limit: number) => listPaymentFacts(pool, above, limit),
      reservations: this.#sources.reservationFacts,
      wallets: this.#sources.walletFacts,
    }
    const missed: Missed[] = []
    let looked = 0
    for await (const facts of mergeFacts(readers, after)) {
      const { paymentId } = facts
      const news = findMissedNews(facts, { now: now(), afterMs: config.RECONCILE_AFTER_MS })
      if (news !== null) missed.push({ paymentId, ...news })
      this.#note(facts.payment?.deadlineAt ?? null, paymentId, heldWithoutTicket(facts))
      looked += 1
      if (looked === PAYMENTS_MAX) return { missed, endedAt: paymentId }
    }
    return { missed, endedAt: undefined }
  }

  /** Sagas at work are counted in the database at each scrape. */
  #note(deadlineAt: Date | null, paymentId: string, heldSince: Date | null): void {
    if (heldSince === null || deadlineAt !== null) this.#settled.delete(paymentId)
    else if (this.#settled.size < HELD_MAX) this.#settled.set(paymentId, heldSince)
  }

  async #tell(missed: readonly Missed[], signal: AbortSignal): Promise<void> {
    const { pool, events, logger, now } = this.#ctx
    await oneByOne(
      missed,
      async ({ paymentId, message, found }) => {
        if (signal.aborted) return
        const isTold = await inTransaction(pool, async (tx) => {
          // It may have moved on since it was looked at, and its new step is not late.
          if (found === 'stuck' && !(await lockStuckSaga(tx, paymentId, now()))) return false
          await advancePurchaseSagas(this.#ctx, tx, [{ paymentId, message }])
          return true
        })
        if (!isTold) return
        // A saga that is at work again is counted as such.
        if (found === 'cancelled' || found === 'stuck') this.#settled.delete(paymentId)
        events.reconciled({ paymentId, found })
      },
      ({ paymentId, found }, error) => {
        logger.error({ err: error, paymentId, found }, 'a saga could not be told what it has missed')
      },
    )
  }
}
