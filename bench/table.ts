import { cpuRatio } from './measure.ts'
import type { Cost } from './measure.ts'

/** The same work on two stacks. */
export interface Comparison {
  work: string
  ours: Cost
  /** The name of the other stack in the table. */
  against: string
  other: Cost
  /** Our stack may take this many times the CPU of the other. */
  limit: number
}

/** A single number with its limit. */
export interface Figure {
  name: string
  value: number
  unit: string
  digits: number
  limit: number
}

const HEADINGS = ['work', 'req/s', 'CPU ms', 'against', 'req/s', 'CPU ms', 'ratio', 'limit', 'met']

/** The comparisons as lines of a table. */
export function comparisonLines(comparisons: readonly Comparison[]): string[] {
  const rows = comparisons.map(({ work, ours, against, other, limit }) => {
    const ratio = cpuRatio(ours, other)
    return [
      work,
      ...costCells(ours),
      against,
      ...costCells(other),
      ratio.toFixed(2),
      limit.toFixed(1),
      ratio <= limit ? 'yes' : 'NO',
    ]
  })
  return columns([HEADINGS, ...rows], new Set([0, 3]))
}

/** A table of how the CPU of each request is divided among the servers. */
export function partLines(comparisons: readonly Comparison[]): string[] {
  const costs = comparisons.flatMap(({ work, ours, against, other }) => [
    { work, whose: 'ours', cost: ours },
    { work, whose: against, cost: other },
  ])
  const names = [...new Set(costs.flatMap(({ cost }) => [...cost.parts.keys()]))]
  const rows = costs.map(({ work, whose, cost }) => [
    work,
    whose,
    ...names.map((name) => (cost.parts.get(name) ?? 0).toFixed(4)),
  ])
  return columns([['CPU ms a request', '', ...names], ...rows], new Set([0, 1]))
}

/** Aligns the cells of each column: names to the left, numbers to the right. */
function columns(rows: readonly (readonly string[])[], names: ReadonlySet<number>): string[] {
  const width = (column: number): number => Math.max(...rows.map((row) => row[column]?.length ?? 0))
  return rows.map((row) =>
    row
      .map((cell, column) => (names.has(column) ? cell.padEnd(width(column)) : cell.padStart(width(column))))
      .join('  ')
      .trimEnd(),
  )
}

function costCells(cost: Cost): string[] {
  return [Math.round(cost.perSecond).toLocaleString('en'), cost.cpuMsPerRequest.toFixed(4)]
}

/** One figure as a line. */
export function figureLine({ name, value, unit, digits, limit }: Figure): string {
  const met = value <= limit ? 'met' : 'NOT met'
  return `${name}: ${value.toFixed(digits)}${unit} (limit ${limit}${unit}: ${met})`
}
