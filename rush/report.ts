import type { AuditResult } from './answers.ts'
import type { Check } from './check-history.ts'
import type { History } from './history.ts'
import type { Measurements, Unexpected } from './measurements.ts'
import { busiestRate, spreadOf } from './percentiles.ts'

/** The results of a run. */
export interface Outcome {
  readonly measurements: Measurements
  readonly history: History
  readonly elapsedMs: number
  /** Undefined where the run was broken off before the checks. */
  readonly checks: readonly Check[] | undefined
  readonly audit: AuditResult | undefined
}

const BUSIEST_MS = 10_000
const VIOLATIONS_SHOWN = 5

/** Whether every check and the audit hold and no answer was unexpected. What was not checked does not hold. */
export function allHolds({ measurements, checks, audit }: Outcome): boolean {
  const checked = checks !== undefined && checks.every((check) => check.violations.length === 0)
  return checked && audit?.holds === true && measurements.unexpectedCount === 0
}

/** The report at the end, as lines. */
export function reportLines(outcome: Outcome): string[] {
  const { measurements, checks, audit } = outcome
  return [
    ...section('Fans', fanRows(outcome)),
    ...section('Sales', saleRows(outcome)),
    ...section('Bots', botRows(measurements)),
    ...latencyLines(measurements),
    ...section('Refused, as it should be', countRows(measurements.refusals)),
    ...section('Interrupted and tried again', countRows(measurements.interruptions)),
    ...section(`Unexpected: ${measurements.unexpectedCount}`, measurements.unexpected.map(unexpectedRow)),
    ...section("The fans' own evidence", (checks ?? []).flatMap(checkRows)),
    ...section('The audit', (audit?.invariants ?? []).flatMap(invariantRows)),
    '',
    verdict(outcome),
  ]
}

type Row = readonly [string, string]

function section(title: string, rows: readonly Row[]): string[] {
  if (rows.length === 0) return []
  const width = Math.max(...rows.map(([name]) => name.length))
  return ['', title, ...rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`.trimEnd())]
}

function fanRows({ measurements }: Outcome): Row[] {
  const { count, endings } = measurements
  const ends = [...endings]
    .toSorted(([, a], [, b]) => b - a)
    .map(([ending, times]): Row => [ending, String(times)])
  const stillThere = count.arrived - [...endings.values()].reduce((sum, times) => sum + times, 0)
  return [
    ['arrived', String(count.arrived)],
    ['joined', String(count.joined)],
    ['admitted', String(count.admitted)],
    ...ends,
    ...(stillThere > 0 ? [['broken off', String(stillThere)] as const] : []),
  ]
}

function saleRows({ measurements, history, elapsedMs }: Outcome): Row[] {
  const { count, soldAt, now } = measurements
  const busiest = busiestRate(soldAt, BUSIEST_MS)
  const last = Math.max(0, ...soldAt.slice(-1))
  const first = soldAt[0] ?? last
  const seconds = Math.max(1, (last - first) / 1_000)
  const seats = history.fans.flatMap((fan) => fan.holds).reduce((sum, hold) => sum + hold.seatIds.length, 0)
  return [
    ['holds', `${count.holds} of ${seats} seats`],
    ['sold', `${count.soldReservations} reservations of ${count.soldSeats} seats`],
    ['refunded', String(count.refunds)],
    ['left on hold', `${now.held} seats`],
    ['sent again with the same key', String(count.repeats)],
    [
      'purchases a second',
      `${busiest.toFixed(1)} in the busiest 10 s, ${(soldAt.length / seconds).toFixed(1)} from first to last`,
    ],
    ['took', `${(elapsedMs / 1_000).toFixed(1)} s`],
  ]
}

function botRows({ bots }: Measurements): Row[] {
  return [...bots].map(([kind, { tried, placed, refusals }]): Row => {
    const refused = [...refusals].map(([code, times]) => `${times} ${code}`).join(', ')
    return [kind, `${placed} of ${tried} got a place${refused === '' ? '' : `; refused: ${refused}`}`]
  })
}

function latencyLines({ latencies }: Measurements): string[] {
  const rows = [...latencies].flatMap(([step, durations]) => {
    const spread = spreadOf(durations)
    return spread === undefined ? [] : [{ step, spread }]
  })
  if (rows.length === 0) return []
  const cell = (text: string): string => text.padStart(9)
  const ms = (value: number): string => cell(value < 100 ? value.toFixed(1) : value.toFixed(0))
  const head = `  ${'Latency, ms'.padEnd(17)}${['count', 'p50', 'p95', 'p99', 'max'].map(cell).join('')}`
  const lines = rows.map(({ step, spread }) => {
    const values = [spread.p50, spread.p95, spread.p99, spread.max].map(ms).join('')
    return `  ${step.padEnd(17)}${cell(String(spread.count))}${values}`
  })
  return ['', head.trimStart(), ...lines]
}

function countRows(counts: ReadonlyMap<string, number>): Row[] {
  return [...counts].toSorted(([, a], [, b]) => b - a).map(([name, times]): Row => [name, String(times)])
}

function unexpectedRow({ step, code, problem, requestId }: Unexpected): Row {
  const id = requestId === undefined || requestId === '' ? '' : ` (request ${requestId})`
  return [`${step} ${code}`, `${problem}${id}`]
}

function checkRows({ name, checked, violations }: Check): Row[] {
  const shown = violations.slice(0, VIOLATIONS_SHOWN).map((violation): Row => ['', `- ${violation}`])
  const more = violations.length - shown.length
  return [
    [`${violations.length === 0 ? 'holds ' : 'BROKEN'} ${name}`, `${checked} checked`],
    ...shown,
    ...(more > 0 ? [['', `- and ${more} more`] as const] : []),
  ]
}

function invariantRows({
  number,
  name,
  holds,
  checked,
  violations,
}: AuditResult['invariants'][number]): Row[] {
  const shown = violations.slice(0, VIOLATIONS_SHOWN).map((violation): Row => {
    return ['', `- ${typeof violation === 'string' ? violation : JSON.stringify(violation)}`]
  })
  return [[`${holds ? 'holds ' : 'BROKEN'} ${number}. ${name}`, `${checked} checked`], ...shown]
}

function verdict(outcome: Outcome): string {
  const { checks, audit, measurements } = outcome
  if (allHolds(outcome))
    return 'All holds: nobody was sold a seat twice, no money was lost, no unexpected answer came.'
  if (checks === undefined || audit === undefined) return 'Not checked to the end.'
  const broken = checks.filter((check) => check.violations.length > 0).length
  const invariants = audit.invariants.filter((invariant) => !invariant.holds).length
  return `FAILED: ${broken} checks and ${invariants} invariants broken, ${measurements.unexpectedCount} unexpected answers.`
}
