import type { PaymentFact__Output as PaymentFact } from '@frontrow/proto/gen/frontrow/audit/v1/PaymentFact'
import type { FactsOfPayment } from './judge-payment.ts'
import type { PaymentFacts } from './sql/payments.ts'

/** Reads a page of what a service knows of payments with ids above `after`, in the order of their ids. */
export type ReadFacts = (after: string, limit: number) => Promise<PaymentFact[]>

/** The id that is below those of all payments. */
export const ID_BELOW_ALL = '00000000-0000-0000-0000-000000000000'
const PAGE_SIZE = 1_000

/** Reads pages of one source as needed and hands out its facts one by one. */
class FactsReader<T extends { paymentId: string }> {
  readonly #read: (after: string, limit: number) => Promise<T[]>
  #page: T[] = []
  #at = 0
  #after: string
  #ended = false

  constructor(read: (after: string, limit: number) => Promise<T[]>, after: string) {
    this.#read = read
    this.#after = after
  }

  async peek(): Promise<T | undefined> {
    if (this.#at >= this.#page.length && !this.#ended) {
      this.#page = await this.#read(this.#after, PAGE_SIZE)
      this.#at = 0
      this.#ended = this.#page.length < PAGE_SIZE
      this.#after = this.#page.at(-1)?.paymentId ?? this.#after
    }
    return this.#page[this.#at]
  }

  async takeIf(paymentId: string): Promise<T | undefined> {
    const next = await this.peek()
    if (next?.paymentId !== paymentId) return undefined
    this.#at += 1
    return next
  }
}

/**
 * Hands out what the services know of payments with ids above `after`, one payment after the other in the order of ids. It reads a page of
 * each as it is needed, so that a caller may leave off anywhere.
 */
export async function* mergeFacts(
  readers: {
    payments: (after: string, limit: number) => Promise<PaymentFacts[]>
    reservations: ReadFacts
    wallets: ReadFacts
  },
  after = ID_BELOW_ALL,
): AsyncGenerator<FactsOfPayment> {
  const payments = new FactsReader(readers.payments, after)
  const reservations = new FactsReader(readers.reservations, after)
  const wallets = new FactsReader(readers.wallets, after)
  for (;;) {
    const heads = await Promise.all([payments.peek(), reservations.peek(), wallets.peek()])
    const ids = heads.flatMap((head) => (head === undefined ? [] : [head.paymentId]))
    // UUIDs as lower-case text sort as the database sorts them.
    const paymentId = ids.toSorted()[0]
    if (paymentId === undefined) return
    yield {
      paymentId,
      payment: await payments.takeIf(paymentId),
      reservation: await reservations.takeIf(paymentId),
      wallet: await wallets.takeIf(paymentId),
    }
  }
}
