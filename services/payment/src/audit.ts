import { setTimeout as delay } from 'node:timers/promises'
import type { InvariantCheck } from '@frontrow/messaging/audit'
import type { Queryable } from '@frontrow/postgres/pool'
import type { Context } from './context.ts'
import { judgePayment } from './judge-payment.ts'
import { mergeFacts } from './merge-facts.ts'
import type { ReadFacts } from './merge-facts.ts'
import { heldWithoutTicket } from './money-without-ticket.ts'
import { listPaymentFacts } from './sql/payments.ts'
import { countNoticedPayments } from './sql/provider-events.ts'
import { countSagas } from './sql/purchase-sagas.ts'

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
  /** Payments that were disputed or given back at the card provider, by kind. */
  providerNotices: Record<string, number>
  moneyWithoutTicket: MoneyWithoutTicket
  invariants: { number: number; name: string; holds: boolean; checked: number; violations: string[] }[]
}

/** Payments whose money is held while their buyer has no ticket, at work or not. */
export interface MoneyWithoutTicket {
  payments: number
  /** How long the one that waits longest has done so; null where there is none. */
  oldestSeconds: number | null
  /** The first few, longest first. */
  longest: { paymentId: string; sagaState: string | null; since: Date }[]
}

const INVARIANT_NAMES = {
  2: 'a CONFIRMED reservation has exactly one APPROVED payment of its amount, taken exactly once',
  3: 'money taken for a payment that is not APPROVED has been given back, once',
} as const

const SHOWN_MAX = 10
// The services are read one after the other, so a payment that moves in between can look wrong. Only what is wrong in each
// of three readings, with pauses between them, is reported.
const READINGS_MAX = 3
const PAUSE_MS = 700

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
  const [sagas, notices] = [await countSagas(ctx.pool), await countNoticedPayments(ctx.pool)]
  return {
    holds: invariants.every((invariant) => invariant.holds),
    checkedAt: ctx.now(),
    unsettled: across.unsettled,
    sagas: Object.fromEntries(sagas.map(({ state, count }) => [state, count])),
    providerNotices: Object.fromEntries(notices.map(({ kind, count }) => [kind, count])),
    moneyWithoutTicket: summarise(across.held, ctx.now()),
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

type Held = MoneyWithoutTicket['longest'][number]

function summarise(held: readonly Held[], now: Date): MoneyWithoutTicket {
  const longest = held.toSorted((a, b) => a.since.getTime() - b.since.getTime())
  const oldest = longest[0]
  return {
    payments: held.length,
    oldestSeconds:
      oldest === undefined ? null : Math.max(0, (now.getTime() - oldest.since.getTime()) / 1_000),
    longest: longest.slice(0, SHOWN_MAX),
  }
}

interface Reading {
  unsettled: number
  held: Held[]
  checked: Record<2 | 3, number>
  violations: Map<string, { number: 2 | 3; text: string }>
}

/**
 * Checks invariants 2 and 3 by what the three services know of payments, `pool` being this service's own; `unsettled` counts the
 * payments whose sagas are at work.
 */
export async function checkAcrossServices(
  ctx: { pool: Queryable; now: () => Date },
  sources: Pick<AuditSources, 'reservationFacts' | 'walletFacts'>,
): Promise<{ unsettled: number; held: Held[]; checks: InvariantCheck[] }> {
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
  return { unsettled: reading.unsettled, held: reading.held, checks }
}

async function readAcrossServices(
  ctx: { pool: Queryable; now: () => Date },
  sources: Pick<AuditSources, 'reservationFacts' | 'walletFacts'>,
): Promise<Reading> {
  const now = ctx.now()
  const reading: Reading = { unsettled: 0, held: [], checked: { 2: 0, 3: 0 }, violations: new Map() }
  const readers = {
    payments: (after: string, limit: number) => listPaymentFacts(ctx.pool, after, limit),
    reservations: sources.reservationFacts,
    wallets: sources.walletFacts,
  }
  for await (const facts of mergeFacts(readers)) {
    const judgement = judgePayment(facts, now)
    if (judgement.unsettled) reading.unsettled += 1
    const since = heldWithoutTicket(facts)
    if (since !== null) {
      const { paymentId, payment } = facts
      reading.held.push({ paymentId, sagaState: payment?.sagaState ?? null, since })
    }
    for (const number of judgement.lookedAt) reading.checked[number] += 1
    for (const violation of judgement.violations) {
      reading.violations.set(`${violation.number} ${violation.text}`, violation)
    }
  }
  return reading
}
