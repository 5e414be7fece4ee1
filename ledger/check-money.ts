import { setTimeout as delay } from 'node:timers/promises'
import { createClient } from '@frontrow/postgres/pool'
import type { Client } from '@frontrow/postgres/pool'
import { checkAcrossServices } from '../services/payment/src/audit.ts'
import type { AuditSources } from '../services/payment/src/audit.ts'
import { listPaymentFacts as listReservationFacts } from '../services/reservation/src/sql/reservations.ts'
import { findWrongCharges } from '../services/wallet/src/sql/charge-audit.ts'
import { countLedger, findBroken, ledgerRules } from '../services/wallet/src/sql/ledger-rules.ts'
import { listPaymentFacts as listWalletFacts } from '../services/wallet/src/sql/payment-movements.ts'
import { comparedServices } from './databases.ts'
import type { Databases } from './databases.ts'

/** One rule, how many rows break it, and the first of them, each as one line. */
interface RuleFinding {
  rule: string
  broken: number
  lines: string[]
}

/** What a check found. */
export interface MoneyReport {
  checkedAt: Date
  wallets: number
  entries: number
  /** Payments that were compared, and those that were not, because their sagas are at work. */
  payments: number
  unsettled: number
  findings: RuleFinding[]
}

// A ledger of millions is read from end to end. It may take minutes, and holds no lock meanwhile.
const STATEMENT_TIMEOUT_MS = 600_000
const CONNECT_ATTEMPTS = 2
// As in the audit: a capture that is younger may still be on its way back.
const SETTLED_SECONDS = 60
const CONNECT_PAUSE_MS = 500

/**
 * Checks the money of a live system, which it only reads: the ledger by its rules at one moment, and what wallet, reservation and
 * payment know of each payment, each read by its own role. Throws where a database can't be read.
 */
export async function checkMoney(databases: Databases, linesMax: number): Promise<MoneyReport> {
  const clients: Client[] = []
  try {
    // All are waited for, so that also a connection that comes after another has failed is ended.
    const connected = await Promise.allSettled(
      comparedServices.map((service) => connectReadOnly(service, databases[service])),
    )
    for (const one of connected) if (one.status === 'fulfilled') clients.push(one.value)
    for (const one of connected) if (one.status === 'rejected') throw one.reason
    const [wallet, reservation, payment] = clients
    if (wallet === undefined || reservation === undefined || payment === undefined)
      throw new Error('not connected')
    const checkedAt = new Date()
    const { findings, ...counts } = await checkLedger(wallet, linesMax)
    const across = await compareServices(wallet, reservation, payment, linesMax)
    return { checkedAt, ...counts, ...across, findings: [...findings, ...across.findings] }
  } finally {
    await Promise.all(clients.map((client) => client.end()))
  }
}

/** A session that the server lets read and nothing else, whatever the role may do. */
async function connectReadOnly(service: string, url: string): Promise<Client> {
  for (let attempt = 1; ; attempt += 1) {
    const client = createClient(url, 'ledger-check', { queryTimeoutMs: STATEMENT_TIMEOUT_MS + 5_000 })
    try {
      await client.connect()
      await client.query(
        `SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY; SET statement_timeout = ${STATEMENT_TIMEOUT_MS}; SET jit = off`,
      )
      return client
    } catch (error) {
      await client.end().catch(() => undefined)
      if (attempt === CONNECT_ATTEMPTS)
        throw new Error(`the database of ${service} can't be read`, { cause: error })
      await delay(CONNECT_PAUSE_MS)
    }
  }
}

async function checkLedger(
  wallet: Client,
  linesMax: number,
): Promise<Pick<MoneyReport, 'wallets' | 'entries' | 'findings'>> {
  // All rules look at the same moment, so that movements meanwhile make none of them look broken.
  await wallet.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
  try {
    const counts = await countLedger(wallet)
    const findings: RuleFinding[] = []
    for (const rule of ledgerRules) {
      const { count, lines } = await findBroken(wallet, rule, linesMax)
      findings.push({ rule: rule.name, broken: count, lines })
    }
    const wrong = await findWrongCharges(wallet, { settledSeconds: SETTLED_SECONDS, limit: linesMax })
    findings.push({
      rule: 'every CHARGED charge was captured once; a capture whose charge FAILED has been given back, once',
      broken: wrong.count,
      lines: wrong.rows.map(({ chargeId, what }) => `charge ${chargeId} ${what}`),
    })
    return { ...counts, findings }
  } finally {
    await wallet.query('ROLLBACK')
  }
}

async function compareServices(
  wallet: Client,
  reservation: Client,
  payment: Client,
  linesMax: number,
): Promise<Pick<MoneyReport, 'payments' | 'unsettled' | 'findings'>> {
  // What a service does not know is sent as 0 over gRPC, where the audit gets its facts.
  const ofWallet = { debited: 0, refunded: 0, debitCount: 0, refundCount: 0 }
  const ofReservation = { reservationId: '', cancelReason: '', cancelledAtMs: 0 }
  const unknown = { ...ofWallet, ...ofReservation }
  const walletFacts: AuditSources['walletFacts'] = async (after, limit) =>
    (await listWalletFacts(wallet, { afterPaymentId: after, limit })).map((fact) => ({ ...unknown, ...fact }))
  const reservationFacts: AuditSources['reservationFacts'] = async (after, limit) =>
    (await listReservationFacts(reservation, after, limit)).map((fact) => ({ ...unknown, ...fact }))
  const { unsettled, checks } = await checkAcrossServices(
    { pool: payment, now: () => new Date() },
    { reservationFacts, walletFacts },
  )
  return {
    payments: Math.max(...checks.map(({ checked }) => checked)),
    unsettled,
    findings: checks.map(({ name, violationCount, violations }) => ({
      rule: name,
      broken: violationCount,
      lines: violations.slice(0, linesMax),
    })),
  }
}
