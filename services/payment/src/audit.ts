import { setTimeout as delay } from 'node:timers/promises'
import type { InvariantCheck } from '@frontrow/messaging/audit'
import type { Queryable } from '@frontrow/postgres/pool'
import type { PaymentFact__Output as PaymentFact } from '@frontrow/proto/gen/frontrow/audit/v1/PaymentFact'
import type { Context } from './context.ts'
import { judgePayment } from './judge-payment.ts'
import type { FactsOfPayment } from './judge-payment.ts'
import { listPaymentFacts } from './sql/payments.ts'
import { countSagas } from './sql/purchase-sagas.ts'

/** Reads a page of what a service knows of payments with ids above `after`, in the order of their ids. */
export type ReadFacts = (after: string, limit: number) => Promise<PaymentFact[]>

/** What the audit asks of the services. */
export interface AuditSources {
  /** Each checks the invariants that one service, this one included, can see in its own schema. */
  checks: readonly (() => Promise<InvariantCheck[]>)[]
  reservationFacts: ReadFacts
  walletFacts: ReadFacts
}

/** The answer of GET /admin/audit. */
export interface AuditReport {
  holds: boolean
  checkedAt: Date
  unsettled: number
  sagas: Record<string, number>
  invariants: { number: number; name: string; holds: boolean; checked: number; violations: string[] }[]
}

const INVARIANT_NAMES = {
  2: 'a CONFIRMED reservation has exactly one APPROVED payment of its amount, taken exactly once',
  3: 'money taken for a payment that is not APPROVED has been given back, once',
} as const

const PAGE_SIZE = 1_000
const SHOWN_MAX = 10
// The services are read one after the other, so a payment that moves in between can look wrong. Only what is wrong in each
// of three readings, with pauses between them, is reported.
const READINGS_MAX = 3
const PAUSE_MS = 700
const ID_BELOW_ALL = '00000000-0000-0000-0000-000000000000'

/** Checks all invariants on the data of all services, which it only reads. Refuses UNAVAILABLE where one can't be asked. */
export async function auditAll(ctx: Context, sources: AuditSources): Promise<AuditReport> {
  const checks = await Promise.all(sources.checks.map((check) => check()))
  const across = await checkAcrossServices(ctx, sources)
  const byNumber = new Map<number, InvariantCheck>()
  for (const check of [...checks.flat(), ...across.checks]) {
    const sum = byNumber.get(check.number)
    byNumber.set(check.number, sum === undefined ? check : addChecks(sum, check))
  }
  const invariants = [...byNumber.values()]
    .toSorted((a, b) => a.number - b.number)
    .map(({ number, name, checked, violationCount, violations }) => ({
      number,
      name,
      holds: violationCount === 0,
      checked,
      violations: violations.slice(0, SHOWN_MAX),
    }))
  const sagas = await countSagas(ctx.pool)
  return {
    holds: invariants.every((invariant) => invariant.holds),
    checkedAt: ctx.now(),
    unsettled: across.unsettled,
    sagas: Object.fromEntries(sagas.map(({ state, count }) => [state, count])),
    invariants,
  }
}

function addChecks(a: InvariantCheck, b: InvariantCheck): InvariantCheck {
  return {
    ...a,
    checked: a.checked + b.checked,
    violationCount: a.violationCount + b.violationCount,
    violations: [...a.violations, ...b.violations],
  }
}

interface Reading {
  unsettled: number
  checked: Record<2 | 3, number>
  violations: Map<string, { number: 2 | 3; text: string }>
}

/**
 * Checks invariants 2 and 3 by what the three services know of payments, `pool` being this service's own; `unsettled` counts the
 * payments whose sagas are at work.
 */
export async function checkAcrossServices(
  ctx: { pool: Queryable },
  sources: Pick<AuditSources, 'reservationFacts' | 'walletFacts'>,
): Promise<{ unsettled: number; checks: InvariantCheck[] }> {
  let reading = await readAcrossServices(ctx, sources)
  for (let readings = 1; readings < READINGS_MAX && reading.violations.size > 0; readings += 1) {
    await delay(PAUSE_MS)
    const again = await readAcrossServices(ctx, sources)
    const lasting = [...again.violations].filter(([key]) => reading.violations.has(key))
    reading = { ...again, violations: new Map(lasting) }
  }
  const found = [...reading.violations.values()]
  const checks = ([2, 3] as const).map((number) => {
    const violations = found.filter((violation) => violation.number === number).map(({ text }) => text)
    return {
      number,
      name: INVARIANT_NAMES[number],
      checked: reading.checked[number],
      violationCount: violations.length,
      violations,
    }
  })
  return { unsettled: reading.unsettled, checks }
}

async function readAcrossServices(
  ctx: { pool: Queryable },
  sources: Pick<AuditSources, 'reservationFacts' | 'walletFacts'>,
): Promise<Reading> {
  const reading: Reading = { unsettled: 0, checked: { 2: 0, 3: 0 }, violations: new Map() }
  for await (const facts of mergeFacts(
    (after, limit) => listPaymentFacts(ctx.pool, after, limit),
    sources.reservationFacts,
    sources.walletFacts,
  )) {
    const judgement = judgePayment(facts)
    if (judgement.unsettled) reading.unsettled += 1
    for (const number of judgement.lookedAt) reading.checked[number] += 1
    for (const violation of judgement.violations) {
      reading.violations.set(`${violation.number} ${violation.text}`, violation)
    }
  }
  return reading
}

/** Reads pages of one source as needed and hands out its facts one by one. */
class FactsReader<T extends { paymentId: string }> {
  readonly #read: (after: string, limit: number) => Promise<T[]>
  #page: T[] = []
  #at = 0
  #after = ID_BELOW_ALL
  #ended = false

  constructor(read: (after: string, limit: number) => Promise<T[]>) {
    this.#read = read
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

async function* mergeFacts(
  readPayments: (after: string, limit: number) => ReturnType<typeof listPaymentFacts>,
  readReservations: ReadFacts,
  readWallets: ReadFacts,
): AsyncGenerator<FactsOfPayment> {
  const payments = new FactsReader(readPayments)
  const reservations = new FactsReader(readReservations)
  const wallets = new FactsReader(readWallets)
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
