import { cpuRatio } from './measure.ts'
import type { Cost } from './measure.ts'

/** The same work on two stacks. */
export interface Comparison {
  work: string
  ours: Cost
  /** The name of the other stack in the table. */
  against: string
  other: Cost
  /** Our stack may take this many times the CPU of the other; undefined where its limit is a figure. */
  limit: number | undefined
}

/** A single number with its limit, where it has one. */
export interface Figure {
  name: string
  value: number
  unit: string
  digits: number
  limit: number | undefined
}

/** The results of a run; they are filled in while it runs. */
export interface Results {
  comparisons: Comparison[]
  figures: Figure[]
  /** Rows that could not be measured, and why. */
  problems: string[]
}

/** Whether a comparison or a figure keeps to its limit; without a limit there is nothing to miss. */
export function isMet(result: Comparison | Figure): boolean {
  if (result.limit === undefined) return true
  return ('value' in result ? result.value : cpuRatio(result.ours, result.other)) <= result.limit
}

/** A number with the digits and the unit of a figure. */
export function figureText({ unit, digits }: Figure, value: number): string {
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits }) + unit
}
