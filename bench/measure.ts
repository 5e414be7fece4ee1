import { spreadOf } from '../rush/percentiles.ts'

/** The result of one round of load on one stack. */
export interface Round {
  answered: number
  elapsedMs: number
  /** How long each answer took. */
  latenciesMs: readonly number[]
  /** By the name of each server of the stack. */
  cpuMs: ReadonlyMap<string, number>
}

/** What a request costs, from several rounds of the same work. */
export interface Cost {
  perSecond: number
  /** Medians of the rounds' percentiles. */
  p50Ms: number
  p99Ms: number
  cpuMsPerRequest: number
  /** CPU in ms a request, by the name of each server. */
  parts: ReadonlyMap<string, number>
}

/** The middle value; for an even number of values the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const high = sorted[middle]
  const low = sorted[sorted.length % 2 === 0 ? middle - 1 : middle]
  if (high === undefined || low === undefined) throw new Error('the median of nothing')
  return (low + high) / 2
}

/** Takes the median of the rounds for each figure, so that one disturbed round does not count. */
export function costOf(rounds: readonly Round[]): Cost {
  if (rounds.some((round) => round.answered === 0)) throw new Error('a round without an answer')
  const perRequest = (cpuMs: (round: Round) => number): number =>
    median(rounds.map((round) => cpuMs(round) / round.answered))
  const percentile = (which: 'p50' | 'p99'): number =>
    median(rounds.map((round) => spreadOf(round.latenciesMs)?.[which] ?? 0))
  const names = [...(rounds[0]?.cpuMs.keys() ?? [])]
  return {
    perSecond: median(rounds.map((round) => round.answered / (round.elapsedMs / 1_000))),
    p50Ms: percentile('p50'),
    p99Ms: percentile('p99'),
    cpuMsPerRequest: perRequest((round) => sum(round.cpuMs.values())),
    parts: new Map(names.map((name) => [name, perRequest((round) => round.cpuMs.get(name) ?? 0)])),
  }
}

/** The CPU of a request on our stack, divided by that on the other. */
export function cpuRatio(ours: Cost, other: Cost): number {
  return ours.cpuMsPerRequest / other.cpuMsPerRequest
}

export function sum(values: Iterable<number>): number {
  let total = 0
  for (const value of values) total += value
  return total
}
