import { cpuRatio } from './measure.ts'
import { figureText, isMet } from './results.ts'
import type { Comparison, Figure } from './results.ts'
import type { Cost } from './measure.ts'

const HEADINGS = [
  'work',
  'req/s',
  'CPU ms',
  'p50 ms',
  'p99 ms',
  'against',
  'req/s',
  'CPU ms',
  'ratio',
  'limit',
  'met',
]

/** The comparisons as lines of a table. */
export function comparisonLines(comparisons: readonly Comparison[]): string[] {
  const rows = comparisons.map((comparison) => {
    const { work, ours, against, other, limit } = comparison
    return [
      work,
      ...costCells(ours),
      ours.p50Ms.toFixed(1),
      ours.p99Ms.toFixed(1),
      against,
      ...costCells(other),
      cpuRatio(ours, other).toFixed(2),
      ...(limit === undefined ? ['', ''] : [limit.toFixed(1), isMet(comparison) ? 'yes' : 'NO']),
    ]
  })
  return columns([HEADINGS, ...rows], new Set([0, 5]))
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
    ...names.map((name) => cost.parts.get(name)?.toFixed(4) ?? ''),
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
export function figureLine(figure: Figure): string {
  const { name, value, limit } = figure
  const line = `${name}: ${figureText(figure, value)}`
  if (limit === undefined) return line
  return `${line} (limit ${figureText(figure, limit)}: ${isMet(figure) ? 'met' : 'NOT met'})`
}
