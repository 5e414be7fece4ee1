import { cpuRatio } from './measure.ts'
import { figureText, isMet } from './results.ts'
import type { Results } from './results.ts'

/** How fast Frontrow is to be: what each row may cost at most. */
export const LIMITS = {
  /** Times the CPU of the bare stack. */
  nowServing: 1.1,
  place: 1.5,
  join: 3,
  hold: 2,
  map304: 2,
  /** Times the CPU of the same work among a thousand people, and on a fresh system. */
  crowd: 1.2,
  growth: 1.1,
  rebuildSeconds: 30,
  /** This only shows that joins share transactions. */
  transactionsAJoin: 1,
  transactionsAPayment: 4,
  /** CPU of a map of 1,000 seats. */
  mapMs: 0.5,
}

/**
 * CPU in ms on a machine on which a bare hold takes `BARE_HOLD_MS`. Another machine, or the same one on another day, is slower or
 * faster at all of this together, so what counts is the limit as a multiple of the bare hold of the same run.
 */
export const LIMITS_MS = { charge: 1, refused: 0.9, pay: 5, purchase: 7 }

/** What a bare hold took on the machine that the limits in ms were set on. */
export const BARE_HOLD_MS = 0.67

/** The limit in ms where a bare hold takes this long. */
export function scaledLimitMs(row: keyof typeof LIMITS_MS, bareHoldMs: number): number {
  return (LIMITS_MS[row] * bareHoldMs) / BARE_HOLD_MS
}

/** What a run has missed, a line each: limits, and rows that could not be measured. A run without any is one that passes. */
export function listMisses(results: Results): string[] {
  const ratios = results.comparisons
    .filter((one) => !isMet(one))
    .map(({ work, ours, other, against, limit }) => {
      const ratio = cpuRatio(ours, other).toFixed(2)
      return `${work} costs ${ratio} times the ${against} (limit ${limit})`
    })
  const figures = results.figures
    .filter((one) => !isMet(one))
    .map(
      (figure) =>
        `${figure.name}: ${figureText(figure, figure.value)} (limit ${figureText(figure, figure.limit ?? Number.NaN)})`,
    )
  return [...ratios, ...figures, ...results.problems.map((problem) => `not measured: ${problem}`)]
}
