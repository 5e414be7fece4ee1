/** Percentiles of many durations, in ms. */
export interface Spread {
  readonly count: number
  readonly p50: number
  readonly p95: number
  readonly p99: number
  readonly max: number
}

/** Percentiles by nearest rank, so that each is a duration that was really measured. Undefined where there are no durations. */
export function spreadOf(durations: readonly number[]): Spread | undefined {
  if (durations.length === 0) return undefined
  const sorted = Float64Array.from(durations).sort()
  const rank = (percent: number): number =>
    sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? 0
  return { count: sorted.length, p50: rank(50), p95: rank(95), p99: rank(99), max: sorted.at(-1) ?? 0 }
}

/** The most events that fall into any window of this length, as events a second; times in ms, in any order. */
export function busiestRate(times: readonly number[], windowMs: number): number {
  const sorted = Float64Array.from(times).sort()
  let most = 0
  let from = 0
  for (const [index, time] of sorted.entries()) {
    while ((sorted[from] ?? time) <= time - windowMs) from += 1
    most = Math.max(most, index - from + 1)
  }
  return (most * 1_000) / windowMs
}
