import type { Pace } from '../compare-stacks.ts'
import { LIMITS, scaledLimitMs } from '../limits.ts'
import type { LoadProcess } from '../load-process.ts'
import { costOf } from '../measure.ts'
import type { Cost } from '../measure.ts'
import type { Comparison, Figure } from '../results.ts'
import { buy, purchaseOf } from './buy.ts'
import type { Between, SaleRound } from './buy.ts'
import { addCounts, countsBetween, messagesATransaction, readCounts, TRANSACTIONS } from './counters.ts'
import type { Counts } from './counters.ts'
import type { OurSystem } from './our-system.ts'
import type { Shop } from './shop.ts'

/** Rows that are measured by sales, by their names on the command line. */
export const purchaseRowNames = ['charge', 'hold', 'refused', 'pay', 'purchase'] as const

type PurchaseRowName = (typeof purchaseRowNames)[number]

const WORK = { charge: 'charge', hold: 'hold', refused: 'hold refused', pay: 'pay', purchase: 'purchase' }
const ONE = { charge: 'charge', refused: 'refused hold', pay: 'payment', purchase: 'purchase' }

/** What our system counted while all buyers of one sale bought. */
interface SaleCounts {
  payments: Counts
  purchases: Counts
}

/** The rounds of sales on two stacks. */
export interface Sales {
  ours: SaleRound[]
  other: SaleRound[]
  /** Of the last round on our stack; undefined where nothing was to be counted. */
  counts: SaleCounts | undefined
}

/** Sells on two stacks in turn, so that other load of the machine affects both. Round 0 is the warm-up. */
export async function compareSales(
  load: LoadProcess,
  plan: { pace: Pace; buyers: number; counted: OurSystem | undefined; say: (line: string) => void },
  ours: Shop,
  other: Shop,
): Promise<Sales> {
  const { pace, buyers, counted, say } = plan
  const sales: Sales = { ours: [], other: [], counts: undefined }
  for (let round = 0; round <= pace.rounds; round += 1) {
    for (const shop of round % 2 === 0 ? [ours, other] : [other, ours]) {
      say(`${round === 0 ? 'Warm-up' : `Round ${round}`}: ${shop === ours ? 'ours' : 'the other'}`)
      const sale = await shop.openSale(round, buyers)
      const meter =
        shop === ours && round === pace.rounds && counted !== undefined
          ? await startMeter(counted)
          : undefined
      const result = await buy(load, shop, sale, meter?.between)
      if (meter !== undefined) sales.counts = meter.counts()
      if (round > 0) (shop === ours ? sales.ours : sales.other).push(result)
    }
  }
  return sales
}

/** Reads the counters of a system between the steps of a sale. */
async function startMeter(
  system: OurSystem,
): Promise<{ between: Between; counts: () => SaleCounts | undefined }> {
  const first = await readCounts(system)
  const idle = countsBetween(first, await readCounts(system), new Map())
  const readings: Counts[] = []
  const read = async (): Promise<void> => void readings.push(await readCounts(system))
  return {
    between: { beforeJoin: read, beforePay: read, afterPay: read },
    counts: () => {
      const [beforeJoin, beforePay, afterPay] = readings
      if (beforeJoin === undefined || beforePay === undefined || afterPay === undefined) return undefined
      const payments = countsBetween(beforePay, afterPay, idle)
      return { payments, purchases: addCounts(payments, countsBetween(beforeJoin, beforePay, idle)) }
    },
  }
}

/** The costs of a row in these rounds. */
function costOfRow(rounds: readonly SaleRound[], row: PurchaseRowName): Cost {
  return costOf(rounds.map((round) => (row === 'purchase' ? purchaseOf(round) : round[row])))
}

/** The wanted rows of sales on our system and on the bare stack. */
export function purchaseResults(
  sales: Sales,
  wanted: ReadonlySet<string>,
  buyers: number,
): { comparisons: Comparison[]; figures: Figure[] } {
  const rows = purchaseRowNames.filter((name) => wanted.has(name))
  const bareHoldMs = costOfRow(sales.other, 'hold').cpuMsPerRequest
  const comparisons = rows.map((row) => ({
    work: WORK[row],
    ours: costOfRow(sales.ours, row),
    against: 'bare stack',
    other: costOfRow(sales.other, row),
    limit: row === 'hold' ? LIMITS.hold : undefined,
  }))
  const costs = rows.flatMap((row): Figure[] =>
    row === 'hold'
      ? []
      : [
          {
            name: `CPU of a ${ONE[row]}`,
            value: costOfRow(sales.ours, row).cpuMsPerRequest,
            unit: ' ms',
            digits: 3,
            limit: scaledLimitMs(row, bareHoldMs),
          },
        ],
  )
  const { counts } = sales
  if (counts === undefined) return { comparisons, figures: costs }
  return {
    comparisons,
    figures: [
      ...costs,
      ...(wanted.has('pay')
        ? countFigures('payment', counts.payments, buyers, LIMITS.transactionsAPayment)
        : []),
      ...(wanted.has('purchase') ? countFigures('purchase', counts.purchases, buyers, undefined) : []),
    ],
  }
}

function countFigures(
  what: string,
  counts: Counts,
  count: number,
  transactionsMax: number | undefined,
): Figure[] {
  const each = [...counts].map(([name, value]) => ({
    name: `${name} a ${what}`,
    value: value / count,
    unit: '',
    digits: name.startsWith('bytes') ? 0 : 2,
    limit: name === TRANSACTIONS ? transactionsMax : undefined,
  }))
  const together = { unit: '', digits: 2, limit: undefined, value: messagesATransaction(counts) }
  return [...each, { ...together, name: `messages that share a transaction, of a ${what}` }]
}

/** What charges, holds and payments cost on a system with a long past, against a fresh one. */
export function growthResults(sales: Sales, oldPayments: number): Comparison[] {
  return (['charge', 'hold', 'pay'] as const).map((row) => ({
    work: `${row}, after ${oldPayments.toLocaleString('en')} payments`,
    ours: costOfRow(sales.ours, row),
    against: 'fresh system',
    other: costOfRow(sales.other, row),
    limit: LIMITS.growth,
  }))
}
